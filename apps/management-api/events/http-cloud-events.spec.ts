import { describe, expect, test } from '@jest/globals';
import { parseCloudEvent } from '../../../libs/domain/event/cloud-event.ts';
import { cloudEventFormOf, pointerTo, readCloudEvents, type CloudEventForm } from './http-cloud-events.ts';
import { platformEvent } from './platform-event.ts';

const json = 'application/json';
const structured = 'application/cloudevents+json';

function read(form: CloudEventForm, body: string | Buffer, contentType?: string, rawHeaders: readonly string[] = []) {
  return readCloudEvents({ form, contentType, rawHeaders, body: Buffer.from(body) });
}

const event = { specversion: '1.0', id: '1', source: '/orders', type: 'paid', clientid: 'acme', data: { n: 1 } };
const text = (more: object = {}) => JSON.stringify({ ...event, ...more });

test.each([
  [{ 'content-type': 'application/cloudevents+json; charset=utf-8' }, 'structured'],
  [{ 'content-type': 'Application/CloudEvents' }, 'structured'],
  [{ 'content-type': 'application/cloudevents-batch+json' }, 'batch'],
  [{ 'content-type': 'application/cloudevents+json', 'ce-id': '1' }, 'structured'],
  [{ 'content-type': json, 'ce-id': '1' }, 'binary'],
  [{ 'ce-specversion': '1.0' }, 'binary'],
  [{ 'content-type': json }, null],
  [{ 'content-type': json, 'ce-x': '1' }, null],
  [{ 'content-type': 'application/cloudevents+avro', 'ce-id': '1' }, null],
  [{ 'content-type': 'application/cloudevents-batch+avro' }, null],
])('the form of %j is %s', (headers, form) => {
  expect(cloudEventFormOf(headers)).toBe(form);
});

describe('what comes over HTTP', () => {
  const values = [
    text(),
    text({ time: '2026-03-14T09:26:53.589Z' }),
    text({ time: '2026-03-14 09:26:53+0100' }),
    text({ time: 'soon' }),
    text({ time: '1960-01-01T00:00:00Z' }),
    text({ time: 1_773_480_413 }),
    text({ id: '' }),
    text({ id: 7 }),
    text({ id: 'a\nb' }),
    text({ type: undefined }),
    text({ type: 'Any Type, with a blank' }),
    text({ source: null }),
    text({ subject: 'x'.repeat(3_000) }),
    text({ clientid: '' }),
    text({ clientid: 12 }),
    text({ clientid: undefined, clientId: 'acme' }),
    text({ clientId: 'other' }),
    text({ clientid: undefined, client_id: 'acme' }),
    text({ specversion: '2.0' }),
    text({ data: undefined }),
    text({ data: undefined, data_base64: 'eyJhIjoxfQ==' }),
    text({ data: undefined, data_base64: '_' }),
    text({ data_base64: 'AAEC' }),
    '[]',
    '"{}"',
    '7',
    text().replace('{"n":1}', '{"n":12345678901234567890}'),
    `\ufeff${text()}`,
  ];

  test.each(values)('%j is judged as it is on Kafka', async (value) => {
    const ofKafka = { 'content-type': Buffer.from(structured) };
    const onKafka = parseCloudEvent({ value: Buffer.from(value), headers: ofKafka });
    const { events, problems } = await read('structured', value, structured);
    if (!onKafka.ok) {
      expect([events, problems.map(({ rule }) => rule)]).toEqual([[], [onKafka.rejection.reason]]);
      return;
    }
    expect(problems).toEqual([]);
    const [one] = events;
    if (one === undefined) throw new Error('no event was read');
    const isTimeKept = (onKafka.event.timeMs ?? -1) >= 0;
    const time = one.event.time ?? '2026-11-30T12:00:00.000Z';
    const written = platformEvent('platform.events', one.event, { id: one.event.id ?? '', time, traceparent: null });
    const headers = { 'content-type': Buffer.from(written.headers?.['content-type'] ?? '') };
    const again = parseCloudEvent({ value: written.value, headers });
    expect(again).toMatchObject({
      ok: true,
      event: {
        ...onKafka.event,
        source: onKafka.event.source ?? '/v1/events',
        ...(isTimeKept ? {} : { timeMs: Date.parse(time), isTimeUnread: false }),
      },
    });
    expect(one.isTimeUnread).toBe(value.includes('"time"') && !isTimeKept);
  });
});

test('attributes in headers are percent-encoded UTF-8', async () => {
  const headers = ['Ce-Id', 'caf%C3%A9', 'ce-type', 'a', 'CE-ClientId', 'acme', 'ce-time', '2026-03-14T09:26:53Z'];
  const { events } = await read('binary', '{"n":1}', json, headers);
  const expected = { id: 'café', type: 'a', clientId: 'acme', time: '2026-03-14T09:26:53.000Z', data: { n: 1 } };
  expect(events).toEqual([{ index: 0, event: expected, traceparent: null, isTimeUnread: false }]);
});

test.each([
  ['text/plain', 'paid', 'paid'],
  ['application/xml', '<a/>', '<a/>'],
  ['image/png', Buffer.from([0x89, 0x50]), 'iVA='],
  [undefined, '{"n":1}', { n: 1 }],
  [json, '', null],
])('data of %s is read as on Kafka', async (type, body, data) => {
  const { events } = await read('binary', body, type, ['ce-id', '1', 'ce-type', 'a']);
  expect(events.map((one) => one.event.data)).toEqual([data]);
});

test('a header that is given twice is nobody’s', async () => {
  const headers = ['ce-id', '1', 'ce-type', 'a', 'ce-clientid', 'acme', 'Ce-ClientId', 'beta'];
  await expect(read('binary', '{}', json, headers)).rejects.toMatchObject({
    code: 'validation_failed',
    errors: [{ path: '/ce-clientid', rule: 'once' }],
  });
});

test('a value of a schema registry is refused: nobody here has its schema', async () => {
  const value = Buffer.from([0, 0, 0, 0, 1, 2, 3]);
  const { problems } = await read('binary', value, 'application/avro', ['ce-id', '1', 'ce-type', 'a']);
  expect(problems).toMatchObject([{ path: '', rule: 'unparsable' }]);
});

test('a batch names every error of all its events', async () => {
  const body = `[${[text({ id: '' }), text(), text({ type: '' }), '7', text({ source: 5 })].join(',')}]`;
  const { events, problems } = await read('batch', body);
  expect(events.map(({ index }) => index)).toEqual([1]);
  expect(problems.map(({ path, rule }) => `${path} ${rule}`)).toEqual([
    '/0/id missing_id',
    '/2/type missing_type',
    '/3 unparsable',
    '/4/source invalid_attribute',
  ]);
});

test.each([
  ['batch', `[${text()},\n{"id":1,}]`, 'line 2, column 9'],
  ['batch', `[${text()}`, `line 1, column ${text().length + 2}`],
  ['batch', `[${text()},]`, `line 1, column ${text().length + 3}`],
  ['structured', '{\n "id": 1\n "type"', 'line 3, column 2'],
  ['binary', '{"a"', 'line 1, column 5'],
] as const)('broken JSON in the form %s is told with its place: %j', async (form, body, place) => {
  const isBinary = form === 'binary';
  const reading = read(form, body, isBinary ? json : structured, isBinary ? ['ce-id', '1', 'ce-type', 'a'] : []);
  await expect(reading).rejects.toMatchObject({ code: 'malformed_json', message: expect.stringContaining(place) });
});

test.each([
  ['batch', '{}', 'validation_failed'],
  ['batch', '[]', 'validation_failed'],
  ['batch', '', 'validation_failed'],
  ['structured', '', 'validation_failed'],
  ['batch', `[${'{},'.repeat(500)}{}]`, 'validation_failed'],
  ['structured', `"${'a'.repeat(1024 * 1024)}"`, 'payload_too_large'],
  ['batch', `["${'a'.repeat(1024 * 1024)}"]`, 'payload_too_large'],
] as const)('as a whole %s is refused', async (form, body, code) => {
  await expect(read(form, body, structured)).rejects.toMatchObject({ code });
});

test('what an Idempotency-Key is held against has the attributes in headers too', async () => {
  const hashOf = async (id: string, type = json) => {
    const { hash } = await read('binary', '{}', type, ['ce-id', id, 'ce-type', 'a']);
    return hash;
  };
  expect(await hashOf('1')).toBe(await hashOf('1'));
  expect(new Set([await hashOf('1'), await hashOf('2'), await hashOf('1', 'text/plain')]).size).toBe(3);
});

test.each([
  ['structured', '/clientId', '/clientid'],
  ['structured', '/data/a', '/data/a'],
  ['batch', '/clientId', '/3/clientid'],
  ['batch', '', '/3'],
  ['binary', '/clientId', '/ce-clientid'],
  ['binary', '/data/a', '/a'],
  ['binary', '', ''],
] as const)('in the form %s the place of %j is %j', (form, path, pointer) => {
  expect(pointerTo(form, 3, path)).toBe(pointer);
});

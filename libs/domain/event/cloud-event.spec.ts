import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCloudEvent, type EventRecord } from './cloud-event.ts';
import { registryFrameOf } from './event-encoding.ts';

type Headers = Record<string, string | Buffer>;

function record(value: string | Buffer | null | object, headers: Headers = {}): EventRecord {
  const isText = typeof value === 'string' || value === null || Buffer.isBuffer(value);
  const bytes = isText ? value : JSON.stringify(value);
  return {
    value: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

function parsed(value: string | Buffer | null | object, headers?: Headers) {
  const result = parseCloudEvent(record(value, headers));
  if (!result.ok) throw new Error(`${result.rejection.reason}: ${result.rejection.detail}`);
  return result.event;
}

function reason(value: string | Buffer | null | object, headers?: Headers): string {
  const result = parseCloudEvent(record(value, headers));
  return result.ok ? 'accepted' : result.rejection.reason;
}

const minimal = { id: 'e1', type: 'order.created' };
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('structured mode', () => {
  test('gives every attribute and the data as written', () => {
    const text = `{"specversion":"1.0","id":"e1","type":"order.created","source":"/shop","subject":"order/7",
      "time":"2026-03-01T13:00:00.123456+01:00","clientid":"acme","traceparent":"${trace}","data": {"n": 1.50, "a":[]} }`;
    expect(parsed(text, { 'content-type': 'application/cloudevents+json; charset=utf-8' })).toEqual({
      id: 'e1',
      type: 'order.created',
      source: '/shop',
      subject: 'order/7',
      timeMs: Date.UTC(2026, 2, 1, 12, 0, 0, 123),
      isTimeUnread: false,
      clientId: 'acme',
      traceparent: trace,
      data: { n: 1.5, a: [] },
      dataText: { text: '{"n": 1.50, "a":[]}', members: 2 },
    });
  });

  test('needs no more than id and type', () => {
    expect(parsed(minimal)).toMatchObject({
      source: null,
      subject: null,
      timeMs: null,
      clientId: null,
      traceparent: null,
    });
    expect(parsed(minimal)).toMatchObject({ data: null, dataText: { text: 'null' } });
  });

  test('takes an attribute that is null as missing', () => {
    expect(parsed({ ...minimal, clientid: null, subject: null, time: null })).toMatchObject({
      clientId: null,
      subject: null,
    });
  });

  test('does not mind a byte order mark', () => {
    expect(parsed(`\ufeff${JSON.stringify(minimal)}`).id).toBe('e1');
  });

  test('holds over ce_ headers when the content type says so', () => {
    const headers = { 'Content-Type': 'application/cloudevents+json', ce_id: 'other', ce_type: 'other' };
    expect(parsed(minimal, headers).id).toBe('e1');
  });

  test('takes the trace from the Kafka header when the event has none', () => {
    expect(parsed(minimal, { traceparent: trace }).traceparent).toBe(trace);
    expect(parsed({ ...minimal, traceparent: 'nonsense' }, { traceparent: trace }).traceparent).toBe(trace);
  });

  test('takes data that is null as missing beside data_base64, and the other way round', () => {
    expect(parsed({ ...minimal, data: null, data_base64: 'WzFd' })).toMatchObject({
      data: [1],
      dataText: { text: '[1]' },
    });
    expect(parsed({ ...minimal, Data: null, data: null, data_base64: 'WzFd' }).data).toEqual([1]);
    expect(parsed({ ...minimal, data: [1], data_base64: null }).data).toEqual([1]);
    expect(parsed({ ...minimal, data: null, data_base64: null }).dataText.text).toBe('null');
    expect(reason({ ...minimal, data: 0, data_base64: 'WzFd' })).toBe('unparsable');
  });

  test.each([
    ['nonsense in the event', { traceparent: 'nonsense' }, {}],
    ['no text in the event', { traceparent: { a: 1 } }, {}],
    ['nonsense in the header', {}, { traceparent: trace.toUpperCase() }],
    ['bytes that are no text in the header', {}, { traceparent: Buffer.from([0xff, 0xfe, 0x00]) }],
  ])('does not mind a trace that is none: %s', (_, more, headers) => {
    expect(parsed({ ...minimal, ...more }, headers)).toMatchObject({ id: 'e1', traceparent: null });
  });

  test.each([
    ['JSON', Buffer.from('{"a":1}'), {}, '{"a":1}'],
    ['JSON that it says is JSON', Buffer.from('[1]'), { datacontenttype: 'application/vnd.x+json' }, '[1]'],
    ['other bytes', Buffer.from([1, 2, 255]), {}, '"AQL/"'],
    ['what it says is no JSON', Buffer.from('{"a":1}'), { datacontenttype: 'text/plain' }, '"eyJhIjoxfQ=="'],
  ])('unpacks data_base64: %s', (_name, bytes, more, text) => {
    const event = parsed({ ...minimal, ...more, data_base64: bytes.toString('base64') });
    expect(event.dataText.text).toBe(text);
    expect(event.data).toEqual(JSON.parse(text));
  });
});

describe('binary mode', () => {
  const ce = { ce_specversion: '1.0', ce_id: 'e1', ce_type: 'order.created' };

  test('gives attributes from headers and the value as data', () => {
    const headers = {
      ...ce,
      ce_source: '/s',
      ce_subject: 'ü',
      ce_time: '2026-03-01T12:00:00Z',
      ce_clientid: 'acme',
      ce_traceparent: trace,
    };
    expect(parsed(' {"id":"inner"} ', { ...headers, 'content-type': 'application/json' })).toEqual({
      id: 'e1',
      type: 'order.created',
      source: '/s',
      subject: 'ü',
      timeMs: Date.UTC(2026, 2, 1, 12),
      isTimeUnread: false,
      clientId: 'acme',
      traceparent: trace,
      data: { id: 'inner' },
      dataText: { text: '{"id":"inner"}', members: 1 },
    });
  });

  test.each<[string, Buffer | null, string | null, unknown]>([
    ['nothing', null, null, null],
    ['an empty value', Buffer.alloc(0), 'application/json', null],
    ['JSON without a content type', Buffer.from('[1]'), null, [1]],
    ['text', Buffer.from('hello "ü"'), 'text/plain; charset=utf-8', 'hello "ü"'],
    ['XML', Buffer.from('<a/>'), 'application/xml', '<a/>'],
    ['bytes', Buffer.from([0, 1, 255]), 'application/octet-stream', 'AAH/'],
    ['text that is none', Buffer.from([255]), 'text/plain', '/w=='],
  ])('takes as data: %s', (_name, value, contentType, data) => {
    const event = parsed(value, contentType === null ? ce : { ...ce, 'content-type': contentType });
    expect(event.data).toEqual(data);
    expect(JSON.parse(event.dataText.text)).toEqual(data);
  });

  test('takes Avro that was decoded as data', () => {
    const result = parseCloudEvent(record(Buffer.from([0, 0, 0, 0, 1, 2]), ce), '{"a":12345678901234567890}');
    expect(result).toMatchObject({ ok: true, event: { id: 'e1', dataText: { text: '{"a":12345678901234567890}' } } });
    expect(parseCloudEvent(record(Buffer.from([0])), '{"id":"x"}')).toMatchObject({
      ok: false,
      rejection: { reason: 'missing_id' },
    });
  });
});

test.each<[string, string | Buffer | null | object, Headers, string]>([
  ['garbage', Buffer.from([0x80, 0xff, 0x00]), {}, 'unparsable'],
  ['no value', null, {}, 'unparsable'],
  ['an empty value', '', {}, 'unparsable'],
  ['text', 'hello', {}, 'unparsable'],
  ['JSON cut short', '{"id":"1","type":', {}, 'unparsable'],
  ['JSON with more behind it', '{"id":"1","type":"t"}{}', {}, 'unparsable'],
  ['a list', '[]', {}, 'unparsable'],
  ['a number', '5', {}, 'unparsable'],
  ['null', 'null', {}, 'unparsable'],
  ['a batch', '[]', { 'content-type': 'application/cloudevents-batch+json' }, 'unparsable'],
  ['another event format', 'x', { 'content-type': 'application/cloudevents+protobuf' }, 'unparsable'],
  ['JSON that is too deep', `{"id":"1","type":"t","data":${'['.repeat(100)}${']'.repeat(100)}}`, {}, 'unparsable'],
  ['JSON that is far too deep', '['.repeat(200_000), {}, 'unparsable'],
  ['deep JSON that is well formed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, {}, 'unparsable'],
  [
    'invalid UTF-8 inside',
    Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xc3]), Buffer.from('","type":"t"}')]),
    {},
    'unparsable',
  ],
  ['data twice', { ...minimal, data: 1, data_base64: 'AQ==' }, {}, 'unparsable'],
  ['data_base64 that is none', { ...minimal, data_base64: '&&&&' }, {}, 'unparsable'],
  ['data_base64 of another kind', { ...minimal, data_base64: 5 }, {}, 'unparsable'],
  [
    'data_base64 with broken JSON',
    { ...minimal, datacontenttype: 'application/json', data_base64: 'ew==' },
    {},
    'unparsable',
  ],
  ['binary mode with broken JSON', '{', { ce_id: '1', ce_type: 't' }, 'unparsable'],
  ['another version', { ...minimal, specversion: '0.3' }, {}, 'unsupported_version'],
  ['a version of another kind', { ...minimal, specversion: true }, {}, 'unsupported_version'],
  ['no id', { type: 't' }, {}, 'missing_id'],
  ['an empty id', { id: '', type: 't' }, {}, 'missing_id'],
  ['an id that is null', { id: null, type: 't' }, {}, 'missing_id'],
  ['no id in headers', '{"id":"1"}', { ce_type: 't' }, 'missing_id'],
  ['no type', { id: '1' }, {}, 'missing_type'],
  ['no type in headers', '{"type":"t"}', { ce_id: '1' }, 'missing_type'],
  ['a number as id', { id: 7, type: 't' }, {}, 'invalid_attribute'],
  ['an object as type', { id: '1', type: {} }, {}, 'invalid_attribute'],
  ['the longest id of characters that are two units each', { id: '😀'.repeat(256), type: 't' }, {}, 'accepted'],
  ['too long an id of such characters', { id: '😀'.repeat(257), type: 't' }, {}, 'invalid_attribute'],
  ['too long an id', { id: 'x'.repeat(257), type: 't' }, {}, 'invalid_attribute'],
  ['a line break in the type', { id: '1', type: 't\r\nx: y' }, {}, 'invalid_attribute'],
  ['half a character in the id', '{"id":"\\ud800","type":"t"}', {}, 'invalid_attribute'],
  ['an empty clientid', { ...minimal, clientid: '' }, {}, 'invalid_attribute'],
  ['a clientid of another kind', { ...minimal, clientid: ['acme'] }, {}, 'invalid_attribute'],
  ['too long a subject', { ...minimal, subject: 'x'.repeat(2_049) }, {}, 'invalid_attribute'],
  ['a header that is not UTF-8', 'null', { ce_id: Buffer.from([255]), ce_type: 't' }, 'invalid_attribute'],
  ['the least there can be', minimal, {}, 'accepted'],
  ['the longest id', { id: 'x'.repeat(256), type: 't' }, {}, 'accepted'],
  ['a later minor version', { ...minimal, specversion: '1.1' }, {}, 'accepted'],
  [
    'what every object inherits as no attribute',
    '{"id":"1","type":"t","__proto__":{"clientid":"acme"}}',
    {},
    'accepted',
  ],
])('%s', (_name, value, headers, expected) => {
  expect(reason(value, headers)).toBe(expected);
});

test.each(['yesterday', '2026-03-01', '2026-13-01T00:00:00Z', '2026-03-01T00:00:00', 5, ''])(
  'the time %p counts as none',
  (time) => {
    expect(parsed({ ...minimal, time }).timeMs).toBeNull();
  },
);

test('a rejection never quotes the payload', () => {
  const result = parseCloudEvent(record('{"id":"1","type":"t","data":{"password":"hunter2"'));
  expect(JSON.stringify(result)).not.toContain('hunter2');
});

test('only what no content type denies may be Avro', () => {
  const framed = Buffer.from([0, 0, 0, 0, 1, 2]);
  expect(registryFrameOf(record(framed))).not.toBeNull();
  expect(registryFrameOf(record(framed, { 'content-type': 'application/avro' }))).not.toBeNull();
  expect(registryFrameOf(record(framed, { 'content-type': 'application/octet-stream' }))).toBeNull();
  expect(registryFrameOf(record('{}'))).toBeNull();
  expect(registryFrameOf(record(null))).toBeNull();
});

test('nothing makes it throw', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
  const name = fc.constantFrom('ce_id', 'ce_type', 'content-type', 'ce_clientid', '__proto__', 'traceparent');
  fc.assert(
    fc.property(fc.oneof(bytes, json), fc.dictionary(name, bytes), (value, headers) => {
      expect(typeof parseCloudEvent({ value, headers }).ok).toBe('boolean');
    }),
  );
});

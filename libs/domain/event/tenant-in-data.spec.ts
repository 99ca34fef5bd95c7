/** A whole event beside headers that name another event: its tenant is never lost, whatever way the value is read. */
import { describe, expect, test } from '@jest/globals';
import { parseCloudEvent } from './cloud-event.ts';

type Headers = Readonly<Record<string, string>>;

const acmes = { specversion: '1.0', id: 'a-1', source: '/orders', type: 'order.created', clientid: 'acme', data: 1 };
const { clientid: _clientid, ...nobodys } = acmes;
const { id: _id, ...withoutId } = acmes;
const everyones = { ce_specversion: '1.0', ce_id: 'b-1', ce_type: 'notice.sent' };
const json = { ...everyones, 'content-type': 'application/json' };
const frame = Buffer.from([0, 0, 0, 0, 7]);

function read(value: Buffer | string | object, headers: Headers, avro: object | null = null) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const all = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  const result = parseCloudEvent({ value: bytes, headers: all }, avro === null ? null : JSON.stringify(avro));
  return result.ok ? result.event : `${result.rejection.reason}: ${result.rejection.detail}`;
}

describe('refused, when the headers name no client', () => {
  test.each<[string, Buffer | string | object, Headers]>([
    ['an event', acmes, json],
    ['an event without a content type', acmes, everyones],
    ['an event that is said to be bytes', acmes, { ...everyones, 'content-type': 'application/octet-stream' }],
    ['an event that is said to be text', acmes, { ...everyones, 'content-type': 'text/plain' }],
    ['an event that is said to be something else', acmes, { ...everyones, 'content-type': 'application/x-order' }],
    ['an event behind the id of a schema', Buffer.concat([frame, Buffer.from(JSON.stringify(acmes))]), json],
    ['an event behind a byte order mark', `\ufeff${JSON.stringify(acmes)}`, json],
    ['an event that was encoded twice', JSON.stringify(JSON.stringify(acmes)), json],
    ['an event in the envelope of Kafka Connect', { schema: {}, payload: acmes }, json],
    ['a list of events', [nobodys, acmes], json],
    ['an event whose id stands in the headers alone', withoutId, json],
    ['clientId', { ...nobodys, clientId: 'acme' }, json],
    ['CLIENTID and SpecVersion', { SpecVersion: '1.0', ID: 'a-1', Type: 't', CLIENTID: 'acme' }, json],
    ['a clientid that is a number', { ...nobodys, clientid: 42 }, json],
    ['a clientid that is empty', { ...nobodys, clientid: '' }, json],
    [
      'the rest of an event that the content type announces',
      { type: 'order.created', clientid: 'acme' },
      { ...everyones, 'content-type': 'application/cloudevents+json' },
    ],
  ])('%s', (_name, value, headers) => {
    expect(read(value, headers)).toMatch(
      /^invalid_attribute: the value is an event with a clientid, and the ce_ headers name none/,
    );
  });

  test.each<[string, object]>([
    ['an event in Avro', acmes],
    ['an event in Avro whose tenant is one of a union', { ...nobodys, clientid: { string: 'acme' } }],
    ['an event in the Avro format of CloudEvents', { attribute: acmes, data: null }],
  ])('%s', (_name, avro) => {
    expect(read(frame, everyones, avro)).toMatch(/^invalid_attribute: the value is an event with a clientid/);
  });

  test('client_id, with the name that is read', () => {
    expect(read({ ...nobodys, client_id: 'acme' }, json)).toMatch(/^invalid_attribute: client_id is not an attribute/);
  });
});

test('the event of one client never goes to another that the headers name', () => {
  const detail = 'invalid_attribute: the clientid of the event is not the one that its headers name';
  expect(read(acmes, { ...json, ce_clientid: 'beta' })).toBe(detail);
  expect(read(frame, { ...everyones, ce_clientid: 'beta' }, acmes)).toBe(detail);
  expect(read({ ...nobodys, clientid: 42 }, { ...json, ce_clientid: '42' })).toMatchObject({ clientId: '42' });
});

test.each<[string, object | string, Headers, string | null]>([
  ['an event without a tenant', nobodys, json, null],
  ['an event of the same tenant', acmes, { ...json, ce_clientid: 'acme' }, 'acme'],
  ['data that names a client', { id: 'o-1', type: 'x', clientid: 'acme', clientId: 'beta' }, json, null],
  [
    'what the content type calls an event',
    { client_id: 1, clientid: 'beta' },
    { ...everyones, ce_clientid: 'acme', 'content-type': 'application/cloudevents+json' },
    'acme',
  ],
  ['an event deeper in the data', { about: acmes, payload: acmes }, json, null],
  ['text that looks like JSON', '{"specversion', { ...everyones, 'content-type': 'text/plain' }, null],
  ['a list', [1, acmes], json, null],
])('data: %s', (_name, value, headers, clientId) => {
  expect(read(value, headers)).toMatchObject({ id: 'b-1', clientId });
});

test('an event in the data of a structured event is data', () => {
  const outer = { specversion: '1.0', id: 'b-1', type: 'notice.sent', data: acmes };
  expect(read(outer, {})).toMatchObject({ id: 'b-1', clientId: null, data: acmes });
  expect(read(outer, json)).toMatchObject({ id: 'b-1', clientId: null });
});

test('a whole event behind the id of a schema is read as one when the content type says so', () => {
  const value = Buffer.concat([frame, Buffer.from(JSON.stringify(acmes))]);
  const headers = { ...everyones, 'content-type': 'application/cloudevents+json' };
  expect(read(value, headers)).toMatchObject({ id: 'a-1', clientId: 'acme' });
});

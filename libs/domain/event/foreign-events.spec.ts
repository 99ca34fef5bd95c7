/** What the world's producers write (public reports, numbered): read as they meant it, or refused with the likely cause. */
import { describe, expect, test } from '@jest/globals';
import { isTombstone, parseCloudEvent } from './cloud-event.ts';
import { registryFrameOf } from './event-encoding.ts';

type Headers = Readonly<Record<string, string | Buffer>>;

const structured = {
  ...{ specversion: '1.0', id: 'e-1', source: '/orders', type: 'order.created', clientid: 'acme' },
  data: { a: 1 },
};
const attributes = { specversion: '1.0', id: 'e-1', type: 'order.created', source: '/orders', clientid: 'acme' };
const binary = { ...prefixed('ce_'), 'content-type': 'application/json' };
const asMeant = { id: 'e-1', source: '/orders', type: 'order.created', clientId: 'acme', data: { a: 1 } };

function prefixed(prefix: string, form = (text: string) => text): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, text]) => [`${prefix}${name}`, form(text)]));
}

function record(value: Buffer | string | object | null, headers: Headers = {}) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const bytes = Buffer.isBuffer(value) || value === null ? value : Buffer.from(text);
  return {
    value: bytes,
    headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, Buffer.from(header)])),
  };
}

function read(value: Buffer | string | object | null, headers: Headers = {}, avroJson: string | null = null) {
  const result = parseCloudEvent(record(value, headers), avroJson);
  return result.ok ? result.event : `${result.rejection.reason}: ${result.rejection.detail}`;
}

function bytes(...parts: readonly (number | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));
}

const json = '{"a":1}';
const quoted = (text: string) => JSON.stringify(text);

describe('attributes', () => {
  test.each<[string, Buffer | string | object, Headers]>([
    ['#2 header values in JSON quotes', json, { ...binary, ...prefixed('ce_', quoted) }],
    ['#2 one header value in JSON quotes', json, { ...binary, ce_source: '"/orders"' }],
    ['#2 a content type in JSON quotes', json, { ...binary, 'content-type': '"application/json"' }],
    ['#9 the prefix of HTTP', json, { ...prefixed('ce-'), 'content-type': 'application/json' }],
    ['#9 the prefix in capitals', json, { ...prefixed('CE_'), 'content-type': 'application/json' }],
    [
      '#9 header names in capitals',
      json,
      { ce_specversion: '1.0', Ce_Id: 'e-1', CE_TYPE: 'order.created', 'ce-Source': '/orders', ce_clientID: 'acme' },
    ],
    ['#13 clientId in the event', { ...structured, clientid: undefined, clientId: 'acme' }, {}],
    ['#13 ClientID beside a null', { ...structured, clientid: null, ClientID: 'acme' }, {}],
    ['#13 clientId and clientid that agree', { ...structured, clientId: 'acme' }, {}],
    ['#13 ce_clientId', json, { ...binary, ce_clientid: '"acme"', ce_clientId: 'acme' }],
    [
      '#13 attributes with a capital',
      { SpecVersion: '1.0', Id: 'e-1', Source: '/orders', Type: 'order.created', CLIENTID: 'acme', Data: { a: 1 } },
      {},
    ],
    ['#66 a subject that is null', { ...structured, subject: null }, {}],
  ])('%s: read', (_name, value, headers) => {
    expect(read(value, headers)).toMatchObject(asMeant);
  });

  test.each<[string, object | string, Headers, string]>([
    ['#13 two tenants in one event', { ...structured, clientId: 'beta' }, {}, 'clientid and clientId contradict'],
    [
      '#13 two tenants in the headers',
      json,
      { ...binary, ce_ClientId: 'beta' },
      'ce_clientid and ce_ClientId contradict',
    ],
    [
      '#13 two tenants, neither spelled right',
      { ...structured, clientid: undefined, clientId: 'a', ClientId: 'b' },
      {},
      'clientId and ClientId contradict',
    ],
    [
      '#13 client_id',
      { ...structured, clientid: undefined, client_id: 'acme' },
      {},
      'client_id is not an attribute that is read: call it clientid',
    ],
    [
      '#13 ce_client-id',
      json,
      { ...prefixed('ce_'), ce_clientid: '', 'ce_client-id': 'acme' },
      'clientid is missing or empty',
    ],
    ['#13 an empty clientId', { ...structured, clientid: undefined, clientId: '' }, {}, 'clientid is missing or empty'],
    ['#12 an id that is a number', { ...structured, id: 12_345 }, {}, 'id is a number: write it as text'],
  ])('%s: refused', (_name, value, headers, detail) => {
    expect(read(value, headers)).toContain(`invalid_attribute: ${detail}`);
  });

  test('#13 a tenant that only the headers of a whole event name is never lost', () => {
    const { clientid: _, ...nobodys } = structured;
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(read(nobodys, { ...headers, ce_ClientId: 'acme' })).toContain(
      'invalid_attribute: the clientid of the event',
    );
    expect(read(structured, { ...headers, ce_clientid: 'beta' })).toContain(
      'invalid_attribute: the clientid of the event',
    );
    expect(read(structured, { ...headers, ce_clientid: 'acme' })).toMatchObject(asMeant);
    expect(read(bytes(0, 0, 0, 0, 7, 2), { 'ce-clientid': 'acme' }, JSON.stringify(nobodys))).toContain(
      'invalid_attribute',
    );
  });

  test('#12 a clientid that is a number is its digits, as in a header', () => {
    expect(read({ ...structured, clientid: 42 })).toMatchObject({ clientId: '42' });
    expect(read({ ...structured, clientid: 1.5 })).toContain('clientid is a number');
  });

  test('#66 of headers that contradict each other the spelling of the specification wins, except for the tenant', () => {
    expect(read(json, { ...binary, 'ce-id': 'e-2', CE_TYPE: 'other' })).toMatchObject(asMeant);
  });

  test('the trace of a record never refuses it, however it is spelled', () => {
    expect(read(json, { ...binary, 'ce-traceparent': Buffer.from([255]), CE_traceparent: 'x' })).toMatchObject(asMeant);
  });
});

describe('encodings', () => {
  const bom = '\ufeff';
  test.each<[string, Buffer | string | object, Headers]>([
    ['a byte order mark before data', `${bom}${json}`, binary],
    ['a byte order mark before an event', `${bom}${JSON.stringify(structured)}`, {}],
    [
      '+json as the type of data',
      json,
      { ...binary, 'content-type': 'application/vnd.acme.order+json; charset=utf-8' },
    ],
    ['octet-stream that is JSON', json, { ...binary, 'content-type': 'application/octet-stream' }],
    ['octet-stream that is an event', structured, { 'content-type': 'application/octet-stream' }],
    ['the event format without +json', structured, { 'content-type': 'application/cloudevents; charset=utf-8' }],
    ['contentType as a header', json, { ...prefixed('ce_'), contentType: 'application/json' }],
    [
      'the structured mode named over a binary event',
      json,
      { ...binary, 'content-type': 'application/cloudevents+json' },
    ],
    [
      'JSON named over a structured event beside a header of a bridge',
      structured,
      { ce_traceparent: 'x', 'content-type': 'application/json' },
    ],
    [
      '#21 JSON Schema in structured mode',
      bytes(0, 0, 0, 0, 7, JSON.stringify(structured)),
      { 'content-type': 'application/cloudevents+json' },
    ],
    ['#21 JSON Schema in structured mode, with no content type', bytes(0, 0, 0, 0, 7, JSON.stringify(structured)), {}],
    ['#21 JSON Schema in binary mode', bytes(0, 0, 0, 0, 7, json), binary],
    ['#21 JSON Schema with an id of eight bytes', bytes(0, 0, 0, 0, 0, 0, 0, 0, 7, json), binary],
    ['#35 JSON whose schema is named in a header', json, { ...binary, 'apicurio.value.globalId': Buffer.alloc(8) }],
  ])('%s: read', (_name, value, headers) => {
    const one = record(value, headers);
    expect(registryFrameOf(one)).toBeNull();
    expect(read(value, headers)).toMatchObject(asMeant);
  });

  test('#32 ce_datacontenttype stands in for a content type that is missing', () => {
    const headers = { ...prefixed('ce_'), ce_datacontenttype: 'application/xml' };
    expect(read('<a/>', headers)).toMatchObject({ ...asMeant, data: '<a/>' });
    expect(read(json, { ...binary, ce_datacontenttype: 'application/xml' })).toMatchObject(asMeant);
  });

  test.each([
    ['text/xml; charset=ISO-8859-1', Buffer.from('<a>São</a>', 'latin1'), '<a>São</a>'],
    ['text/plain;charset="utf-16le"', Buffer.from('São', 'utf16le'), 'São'],
    ['text/plain; charset=UTF-16LE', Buffer.from('Sao', 'utf16le'), 'Sao'],
    ['text/plain; charset=iso-8859-1', Buffer.from('São'), 'São'],
    ['text/plain; charset=shift_jis', Buffer.from('93fa967b', 'hex'), '日本'],
    ['text/plain; charset=none', Buffer.from('São', 'latin1'), 'U+Nv'],
    ['text/plain', Buffer.from('São', 'latin1'), 'U+Nv'],
  ])('text is read by the charset that it names: %s', (contentType, value, expected) => {
    expect(read(value, { ...binary, 'content-type': contentType })).toMatchObject({ data: expected });
  });

  test('#19 an Avro value that is the whole event is read as one, with or without its content type', () => {
    for (const headers of [{}, { 'content-type': 'application/cloudevents+avro' }]) {
      expect(registryFrameOf(record(bytes(0, 0, 0, 0, 7, 2), headers))).not.toBeNull();
      expect(read(bytes(0, 0, 0, 0, 7, 2), headers, JSON.stringify(structured))).toMatchObject(asMeant);
    }
  });

  test('#19 an Avro value that only has an id and a type is no event', () => {
    expect(read(bytes(0, 0, 0, 0, 7, 2), {}, '{"id":"1","type":"t","data":{}}')).toContain('missing_id');
  });

  test('#13 a capital in an Avro event costs nobody its tenant', () => {
    const { clientid, ...others } = structured;
    expect(read(bytes(0, 0, 0, 0, 7, 2), {}, JSON.stringify({ ...others, ClientId: clientid }))).toMatchObject(asMeant);
  });

  test.each<[string, Buffer, Headers, string]>([
    [
      '#35 an id in a header of Apicurio that is none',
      bytes(0, 0, 0, 0, 5, 2, 'a'),
      { 'apicurio.value.globalId': Buffer.alloc(8, 1) },
      'the header apicurio.value.globalId, which is not read: set apicurio.registry.headers.enabled',
    ],
    [
      '#35 a schema named by the hash of its content',
      bytes(0, 0, 0, 0, 5, 2, 'a'),
      { 'apicurio.value.contentHash': Buffer.alloc(8, 1) },
      'the header apicurio.value.contentHash',
    ],
    [
      '#34 Avro without the id of its schema',
      bytes(2, 'a'),
      {},
      'content-type says Avro, and the value does not begin with the registry wire format',
    ],
  ])('%s: never read by another schema, never delivered as text', (_name, value, headers, detail) => {
    for (const contentType of ['application/avro', 'avro/binary']) {
      const all = { ...binary, ...headers, 'content-type': contentType };
      expect(registryFrameOf(record(value, all))).toBeNull();
      expect(read(value, all)).toContain('unparsable: ');
      expect(read(value, all)).toContain(detail);
    }
  });

  const longId = (id: number) => bytes(0, 0, 0, 0, 0, 0, 0, id);
  test.each<[string, Buffer, Headers, object | null]>([
    ['Confluent, four bytes', bytes(0, 0, 0, 0, 7, 2, 'a'), {}, { ref: { kind: 'id', id: '7' }, headBytes: 5 }],
    [
      '#20 Apicurio, eight bytes',
      Buffer.concat([bytes(0), longId(7), bytes(2)]),
      {},
      { ref: { kind: 'long', id: '7' }, headBytes: 9 },
    ],
    [
      '#35 a global id in a header wins over the first bytes',
      bytes(0, 0, 0, 0, 5, 2),
      { 'apicurio.value.globalId': longId(9) },
      { ref: { kind: 'globalId', id: '9' }, headBytes: 0 },
    ],
    [
      '#35 the id of the content, which leads there at once',
      bytes(8, 1),
      { 'apicurio.value.globalId': longId(9), 'apicurio.value.contentId': longId(4) },
      { ref: { kind: 'contentId', id: '4' }, headBytes: 0 },
    ],
    [
      'the message of a Protobuf schema, by name',
      bytes(8, 1),
      { 'apicurio.value.contentId': longId(4), 'apicurio.value.msgType': 'com.acme.Orders$Order' },
      { messageName: 'Order' },
    ],
    [
      '#34 a GUID in a header of Confluent, with message indexes',
      bytes(2, 'a'),
      { __value_schema_id: bytes(1, 'sixteen bytes...', 2, 4) },
      { ref: { kind: 'guid', id: '73697874-6565-6e20-6279-7465732e2e2e' }, headBytes: 0, indexes: bytes(2, 4) },
    ],
  ])('a schema is named where the serializer wrote it: %s', (_name, value, headers, expected) => {
    for (const contentType of ['application/avro', 'application/x-protobuf', 'application/vnd.google.protobuf']) {
      const all = { ...binary, ...headers, 'content-type': contentType };
      expect(registryFrameOf(record(value, all))).toMatchObject(expected as object);
    }
    const { 'content-type': _, ...untyped } = binary;
    expect(registryFrameOf(record(value, { ...untyped, ...headers }))).toMatchObject(expected as object);
    // Under another type the bytes go on as they are.
    expect(registryFrameOf(record(value, { ...binary, ...headers, 'content-type': 'image/png' }))).toBeNull();
  });

  test('Protobuf without the id of its schema goes on as bytes', () => {
    const headers = { ...binary, 'content-type': 'application/protobuf' };
    expect(registryFrameOf(record(bytes(0x0a, 3, 1, 2, 3), headers))).toBeNull();
    expect(read(bytes(0x0a, 3, 1, 2, 3), headers)).toMatchObject({ data: 'CgMBAgM=' });
  });

  test('#35 a schema in a header refuses what may need it, and leaves bytes of another type alone', () => {
    const id = { 'apicurio.value.contentId': Buffer.alloc(8, 1) };
    const { 'content-type': _, ...untyped } = binary;
    expect(read(bytes(0, 0, 0, 0, 5, 2), { ...untyped, ...id })).toContain('apicurio.value.contentId');
    expect(read(bytes(8, 1), { ...binary, ...id })).toContain('apicurio.value.contentId');
    expect(read(bytes(8, 1), { ...binary, ...id, 'content-type': 'image/png' })).toMatchObject({
      data: 'CAE=',
    });
  });

  test.each<[string, Buffer | string | object, Headers, string]>([
    [
      '#45 a batch',
      [structured],
      { 'content-type': 'application/cloudevents-batch+json' },
      'unparsable: a batch of events: produce each',
    ],
    [
      '#45 a list of events',
      [structured, structured],
      {},
      'a batch of events: produce each event as a record of its own',
    ],
    [
      '#45 a list that says it is an event',
      [structured],
      { 'content-type': 'application/cloudevents+json' },
      'a batch of events',
    ],
    [
      'another event format',
      'x',
      { 'content-type': 'application/cloudevents+xml' },
      'this event format is not supported',
    ],
    ['JSON encoded twice', JSON.stringify(JSON.stringify(structured)), {}, 'encoded twice'],
    ['UTF-16', Buffer.from(`${bom}${json}`, 'utf16le'), binary, 'looks like UTF-16'],
    ['gzip of the application', bytes(0x1f, 0x8b, 8, 0), binary, 'looks like gzip: let Kafka compress'],
    ['a Java object', bytes(0xac, 0xed, 0, 5, 0x73), binary, 'looks like a serialized Java object'],
    ['XML without a content type', '<a/>', prefixed('ce_'), 'looks like XML: set content-type'],
    ['Avro that says it is JSON', bytes(0, 0, 0, 0, 7, 2, 'a'), binary, 'looks like a value of a schema registry'],
    [
      'Kafka Connect with schemas',
      { schema: {}, payload: {} },
      {},
      'missing_id: id is missing or empty, looks like the JsonConverter of Kafka Connect',
    ],
    ['a change event', { before: null, after: {}, op: 'c' }, {}, 'looks like a change event of Debezium'],
  ])('%s: refused with the likely cause', (_name, value, headers, detail) => {
    expect(read(value, headers)).toContain(detail);
  });
});

test.each<[string, unknown, string | null]>([
  ['#36 no seconds', '2026-11-29T10:15Z', '2026-11-29T10:15:00.000Z'],
  ['#36 GMT', '2026-11-29T10:15:06.370582GMT', '2026-11-29T10:15:06.370Z'],
  ['#36 an offset without a colon', '2026-11-29T10:15:06+0200', '2026-11-29T08:15:06.000Z'],
  ['#36 an offset of hours', '2026-11-29 10:15:06-03', '2026-11-29T13:15:06.000Z'],
  ['#36 the zone that Java adds', '2026-11-29T10:15:06+01:00[Europe/Paris]', '2026-11-29T09:15:06.000Z'],
  ['#36 how Go prints it', '2026-11-29 10:15:06.5 +0000 UTC', '2026-11-29T10:15:06.500Z'],
  ['#36 the date of HTTP', 'Sun, 29 Nov 2026 10:15:06 GMT', '2026-11-29T10:15:06.000Z'],
  ['#36 how JavaScript prints it', 'Sun Nov 29 2026 10:15:06 GMT+0100 (Central European)', '2026-11-29T09:15:06.000Z'],
  ['#36 how Java prints it in UTC', 'Sun Nov 29 10:15:06 UTC 2026', '2026-11-29T10:15:06.000Z'],
  ['#36 how Java prints it elsewhere', 'Sun Nov 29 10:15:06 PST 2026', null],
  ['#36 how Python prints it', 'Sun Nov 29 10:15:06 2026', null],
  ['#36 how .NET wrote it', '/Date(1795947306000+0200)/', '2026-11-29T10:15:06.000Z'],
  ['#36 Unix seconds', 1_795_947_306, '2026-11-29T10:15:06.000Z'],
  ['#36 Unix milliseconds as text', '1795947306000', '2026-11-29T10:15:06.000Z'],
  ['#36 the name of a zone alone', '2026-11-29T10:15:06America/Los_Angeles', null],
  ['#36 no zone', '2026-11-29T10:15:06', null],
])('%s', (_name, time, expected) => {
  const event = read({ ...structured, time });
  expect(typeof event).toBe('object');
  const { timeMs, isTimeUnread } = event as { timeMs: number | null; isTimeUnread: boolean };
  // What is not read is told.
  expect(isTimeUnread).toBe(expected === null);
  expect(timeMs === null ? null : new Date(timeMs).toISOString()).toBe(expected);
});

test('#37 a null without an event around it is a tombstone; with one it is an event without data', () => {
  expect(isTombstone(record(null))).toBe(true);
  expect(isTombstone(record(null, { '__debezium.op': 'd' }))).toBe(true);
  expect(isTombstone(record('', {}))).toBe(false);
  expect(isTombstone(record(null, binary))).toBe(false);
  expect(read(null, binary)).toMatchObject({ ...asMeant, data: null });
});

test('#44 text that holds JSON stays text: its content type says so', () => {
  const text = '{"password":"x","a":1}';
  expect(read({ ...structured, datacontenttype: 'text/plain', data: text })).toMatchObject({ data: text });
});

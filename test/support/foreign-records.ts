/**
 * Records as the producers of others write them, each with what has to become of it in a running system. `#n` is the number of a
 * public report, as in libs/domain/event/foreign-events.spec.ts.
 */
import type { RegisteredSchemas } from './registered-schemas.ts';
import type { OddRecord } from './system-topics.ts';

export interface ForeignRecord {
  readonly name: string;
  readonly record: OddRecord;
  /** What arrives: members of the body, or a part of its text. Else why it is set aside. */
  readonly becomes: Arrives | SetAside;
}

interface Arrives {
  readonly clientId?: string;
  readonly type?: string;
  /** Default: `{"a":1}` */
  readonly data?: unknown;
  readonly text?: string;
  /** How long ago its time is; default: that is not looked at. */
  readonly hoursAgo?: number;
}

export interface SetAside {
  readonly reason: string;
  readonly says: string;
}

const json = '{"a":1}';
const hourMs = 3_600_000;

/** `ids` are those of the events; that of a record that is set aside is in its header `case`. */
export function foreignRecords(schemas: RegisteredSchemas, now: number): readonly (ForeignRecord & { id: string })[] {
  const found: (ForeignRecord & { id: string })[] = [];
  const add = (name: string, make: (id: string) => OddRecord, becomes: Arrives | SetAside = {}): void => {
    const id = `r-${found.length}`;
    const record = make(id);
    found.push({ id, name, record: { ...record, headers: { case: id, ...record.headers } }, becomes });
  };
  const refused = (reason: string, says: string): SetAside => ({ reason, says });

  const attributes = (id: string) => ({
    specversion: '1.0',
    id,
    source: '/orders',
    type: 'order.created',
    clientid: 'acme',
  });
  const whole =
    (changes: object = {}) =>
    (id: string): OddRecord => ({ value: wholeText(id, changes) });
  const wholeText = (id: string, changes: object = {}) =>
    JSON.stringify({ ...attributes(id), data: { a: 1 }, ...changes });
  const prefixed = (id: string, prefix: string, form = (text: string) => text) =>
    Object.fromEntries(Object.entries(attributes(id)).map(([name, text]) => [prefix + name, form(text)]));
  const binary =
    (value: Buffer | string | null, headers: Readonly<Record<string, Buffer | string>> = {}, prefix = 'ce_') =>
    (id: string): OddRecord => ({
      value,
      headers: { ...prefixed(id, prefix), 'content-type': 'application/json', ...headers },
    });
  const typed = (
    contentType: string,
    value: Buffer | string,
    headers: Readonly<Record<string, Buffer | string>> = {},
  ) => binary(value, { 'content-type': contentType, ...headers });

  add('#2 every header value in JSON quotes', (id) => ({
    value: json,
    headers: { ...prefixed(id, 'ce_', (text) => JSON.stringify(text)), 'content-type': 'application/json' },
  }));
  add('#2 the source alone in JSON quotes', binary(json, { ce_source: '"/orders"' }));
  for (const prefix of ['ce-', 'CE_', 'cloudEvents_', 'cloudEvents:'])
    add(`#9 attributes behind ${prefix}`, binary(json, {}, prefix));
  add('#12 a tenant that is a number', whole({ clientid: 42 }), { clientId: '42' });
  add('#12 an id that is a number', whole({ id: 12_345 }), refused('invalid_attribute', 'id is a number'));
  const broadcast = { type: 'news.posted' };
  add(
    '#13 clientId, of a type that is a broadcast',
    whole({ ...broadcast, clientid: undefined, clientId: 'acme' }),
    broadcast,
  );
  add(
    '#13 ce_ClientID, of a type that is a broadcast',
    (id) => {
      const { ce_clientid: tenant = '', ...others } = prefixed(id, 'ce_');
      return {
        value: json,
        headers: { ...others, ce_type: 'news.posted', ce_ClientID: tenant, 'content-type': 'application/json' },
      };
    },
    broadcast,
  );
  add(
    '#13 client_id, of a type that is a broadcast',
    whole({ ...broadcast, clientid: undefined, client_id: 'acme' }),
    refused('invalid_attribute', 'call it clientid'),
  );
  add('#13 two tenants', whole({ clientId: 'beta' }), refused('invalid_attribute', 'contradict'));
  add('#13 nobody’s, of a type that is none', whole({ clientid: undefined }), refused('no_audience', ''));

  const stamped =
    (timestamp: number | string) =>
    (id: string): OddRecord => ({ value: wholeText(id), timestamp: String(timestamp) });
  add('#8 a timestamp in seconds', stamped(Math.floor(now / 1000) - 3600), { hoursAgo: 1 });
  add('#8 a timestamp of 0', stamped('0'), { hoursAgo: 0 });
  add('#8 a timestamp of -1', stamped('-1'), { hoursAgo: 0 });
  add('#22 a timestamp in microseconds', stamped(`${now}000`), { hoursAgo: 0 });
  add('#22 a timestamp in nanoseconds', stamped(`${now}000000`), { hoursAgo: 0 });
  add('#22 the largest timestamp there is', stamped('9223372036854775807'), { hoursAgo: 0 });
  add('#38 a record that was mirrored after 80 hours', stamped(now - 80 * hourMs), { hoursAgo: 80 });

  const anHourAgo = new Date(now - hourMs).toISOString();
  const times = {
    'without seconds': anHourAgo.replace(/:\d\d\.\d{3}Z$/, 'Z'),
    'as Java writes GMT': anHourAgo.replace('Z', 'GMT'),
    'as PHP writes UTC': anHourAgo.replace(/\.\d{3}Z$/, '+0000'),
    'as Go prints it': anHourAgo.replace('T', ' ').replace('Z', ' +0000 UTC'),
    'as HTTP has it': new Date(now - hourMs).toUTCString(),
    'as JavaScript prints it': `${new Date(now - hourMs).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $4 $5')} GMT+0000 (Coordinated Universal Time)`,
    'as Java prints a Date': new Date(now - hourMs)
      .toUTCString()
      .replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 UTC $4'),
    'as .NET wrote it': `/Date(${now - hourMs})/`,
    'in nanoseconds': `${now - hourMs}000000`,
  };
  for (const [name, time] of Object.entries(times)) add(`#36 a time ${name}`, whole({ time }), { hoursAgo: 1 });
  add('#36 a time with the name of a zone alone', whole({ time: '2026-11-29T10:15:06America/Los_Angeles' }), {
    hoursAgo: 0,
  });

  add('#10 Avro with a default that does not fit', typed('application/avro', schemas.framed('wrongDefault', [2, 4])), {
    data: { a: 2 },
  });
  add('#19 the whole event in Avro', (id) => ({ value: schemas.envelope(id) }));
  add('#19 the same under its content type', (id) => ({
    value: schemas.envelope(id),
    headers: { 'content-type': 'application/cloudevents+avro' },
  }));
  add('#20 an id of eight bytes', typed('application/avro', schemas.longFramed('text', [2, 0x61])), {
    data: { a: 'a' },
  });
  add(
    '#34 an id that is a GUID, of a registry that has none',
    typed('application/avro', Buffer.from([2, 0x61]), {
      __value_schema_id: Buffer.concat([Buffer.from([1]), Buffer.alloc(16, 7)]),
    }),
    refused('unparsable', 'GUID'),
  );
  add(
    '#34 Avro without any id',
    typed('application/avro', Buffer.from([2, 0x61])),
    refused('unparsable', 'does not begin with the registry wire format'),
  );
  add(
    '#35 a global id in a header, before a value that begins with 0',
    typed('application/avro', Buffer.from([0, 2, 0x61]), schemas.inHeader('nullFirst')),
    { data: { n: null, a: 'a' } },
  );
  add(
    'an id that the registry does not have',
    typed('application/avro', Buffer.from([0, 0x7f, 0xff, 0, 1, 2])),
    refused('unparsable', 'registry'),
  );
  add('#60 a float of 32 bits', typed('application/avro', schemas.framed('float', [0xcd, 0xcc, 0xcc, 0x3d])), {
    text: '{"a":0.1}',
  });
  add('#21 JSON Schema, structured', (id) => ({
    value: schemas.framed('json', [...Buffer.from(wholeText(id))]),
    headers: { 'content-type': 'application/cloudevents+json' },
  }));
  add('#21 JSON Schema, binary', binary(schemas.framed('json', [...Buffer.from(json)])));
  add(
    'Protobuf of Confluent',
    typed('application/x-protobuf', schemas.framed('proto', [0, 8, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10])),
    { text: '{"a":9007199254740993}' },
  );
  add(
    'Protobuf of Apicurio, by headers',
    typed('application/x-protobuf', Buffer.from([8, 1]), {
      ...schemas.inHeader('proto'),
      'apicurio.value.protobuf.type': 'Order',
    }),
  );
  add('#43 Protobuf without a schema is bytes', typed('application/protobuf', Buffer.from('0a03010203', 'hex')), {
    data: 'CgMBAgM=',
  });

  add(
    '#32 the type of the data in the wrong header',
    binary('<a/>', { 'content-type': '', ce_datacontenttype: 'application/xml' }),
    { data: '<a/>' },
  );
  add('#43 XML', typed('application/xml', '<a/>', { ce_dataschema: '/s', ce_tenantregion: 'eu' }), { data: '<a/>' });
  add('XML in Latin-1, as it says', typed('text/xml; charset=ISO-8859-1', Buffer.from('<a>São</a>', 'latin1')), {
    data: '<a>São</a>',
  });
  add('#44 JSON that says it is text', whole({ datacontenttype: 'text/plain', data: json }), { data: json });
  add('base64', whole({ data: undefined, data_base64: 'AAEC', datacontenttype: 'image/png' }), { data: 'AAEC' });
  add('+json', typed('application/vnd.acme+json; charset=utf-8', json));
  add('octet-stream that is JSON', typed('application/octet-stream', json));
  add('a byte order mark', (id) => ({ value: `\ufeff${wholeText(id)}` }));
  add('the structured mode named over a binary event', typed('application/cloudevents+json', json));
  add('content_type', (id) => ({ value: json, headers: { ...prefixed(id, 'ce_'), content_type: 'application/json' } }));
  add('CloudEvents 0.3', whole({ specversion: '0.3' }), refused('unsupported_version', ''));
  for (const data of [0, false, '', null, []])
    add(`#69 data that is ${JSON.stringify(data)}`, whole({ data }), { data });
  add('#37 an event whose value is null', binary(null), { data: null });
  add('#52 numbers beyond 53 bits', binary('{"id":9007199254740993,"price":1.50}'), {
    text: '{"id":9007199254740993,"price":1.50}',
  });
  add('#65 NUL and half a character', binary('{"a":"x\\u0000y\\ud800"}'), { text: '{"a":"x\\u0000y\\ud800"}' });
  add('emoji and umlauts', whole({ data: { a: 'São 東京 😀' }, subject: 'größe/1' }), { data: { a: 'São 東京 😀' } });
  add('#66 an id that is there twice', (id) => ({
    value: json,
    headers: { ...prefixed('other', 'ce_'), ce_id: ['other', id], 'content-type': 'application/json' },
  }));
  add('#66 a subject that is null', whole({ subject: null }));
  add('#42 a type with a dollar', whole({ type: 'com.acme.Order$Created' }), { type: 'com.acme.Order$Created' });
  add('#42 a type with umlauts', whole({ type: 'größe.geändert' }), { type: 'größe.geändert' });
  add('200 KB', whole({ data: 'x'.repeat(200_000) }), { data: 'x'.repeat(200_000) });

  add('300 KB', whole({ data: 'x'.repeat(300_000) }), refused('payload_too_large', ''));
  add(
    '#45 a batch',
    (id) => ({ value: `[${wholeText(id)}]`, headers: { 'content-type': 'application/cloudevents-batch+json' } }),
    refused('unparsable', 'a batch of events'),
  );
  add('#45 a list', (id) => ({ value: `[${wholeText(id)}]` }), refused('unparsable', 'a batch of events'));
  add(
    'JSON in a JSON text',
    (id) => ({ value: JSON.stringify(wholeText(id)) }),
    refused('unparsable', 'encoded twice'),
  );
  add(
    'several lines of JSON',
    (id) => ({ value: `${wholeText(id)}\n${wholeText(id)}` }),
    refused('unparsable', 'several JSON texts'),
  );
  add('half an event', (id) => ({ value: wholeText(id).slice(0, -3) }), refused('unparsable', 'it ends too early'));
  add('NaN of Python', binary('{"a":NaN}'), refused('unparsable', 'NaN and Infinity'));
  add('UTF-16', (id) => ({ value: Buffer.from(wholeText(id), 'utf16le') }), refused('unparsable', 'looks like UTF-16'));
  add('gzip of the application', binary(Buffer.from('1f8b0800', 'hex')), refused('unparsable', 'looks like gzip'));
  add('a Java object', binary(Buffer.from('aced000573', 'hex')), refused('unparsable', 'serialized Java object'));
  add(
    'JsonConverter with its schema',
    () => ({ value: '{"schema":{},"payload":{}}' }),
    refused('missing_id', 'schemas.enable'),
  );
  add(
    'a change of Debezium without a mapping',
    () => ({ value: '{"before":null,"after":{},"op":"c"}' }),
    refused('missing_id', 'change event of Debezium'),
  );
  add('an id with a line end', whole({ id: 'a\nb' }), refused('invalid_attribute', 'not allowed'));
  add('a type that is missing', whole({ type: undefined }), refused('missing_type', ''));
  return found;
}

import { describe, expect, test } from '@jest/globals';
import { mappedCloudEvent } from '../../domain/event/cloud-event.ts';
import { parseMappings } from './mapping-file.ts';
import type { MappableRecord } from './mapping-input.ts';

interface Written {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly offset?: number;
}

function record(value: unknown, { key, headers = {}, offset = 7 }: Written = {}): MappableRecord {
  return {
    ...{ topic: 'shop.orders', partition: 3, offset, timestampMs: 1_795_947_306_000 },
    key: key === undefined ? null : Buffer.from(key),
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

/** What fan-out makes of it: the event, `skipped`, or the rejection. */
async function mapped(yaml: string, of: MappableRecord, keyJson: string | null = null) {
  const [mapping] = parseMappings(`mappings:\n  - topic: shop.orders\n${yaml.replace(/^/gm, '    ')}`);
  const text = of.value?.toString() ?? '';
  const result =
    mapping?.isAsynchronous === true ? await mapping.mapLater(of, text, keyJson) : mapping?.map(of, text, keyJson);
  if (result?.kind === 'misfit') return `${result.reason}: ${result.detail}`;
  if (result?.kind !== 'event') return result?.kind;
  const parsed = mappedCloudEvent(of, result.event);
  if (!parsed.ok) return `${parsed.rejection.reason}: ${parsed.rejection.detail}`;
  const { id, type, source, subject, clientId, timeMs, dataText } = parsed.event;
  return { id, type, source, subject, clientId, timeMs, data: dataText.text };
}

const order = {
  order: { id: 9, tenant: 'acme', at: '2026-11-29T10:15:06Z', lines: [{ sku: 'a' }, { sku: 'b' }] },
  v: 2,
};

describe('a mapping', () => {
  test('takes constants, places in the value, headers, the key and the place in Kafka', async () => {
    const yaml = [
      'id: "${value.order.id}-${offset}"',
      'type: order.${header.kind}',
      'source: /kafka/${topic}/${partition}',
      'subject: ${key}',
      'client: ${value.order.tenant}',
      'time: ${value.order.at}',
      'data: ${value.order.lines}',
    ].join('\n');
    expect(await mapped(yaml, record(order, { key: 'k-1', headers: { kind: 'created' } }))).toEqual({
      ...{ id: '9-7', type: 'order.created', source: '/kafka/shop.orders/3', subject: 'k-1', clientId: 'acme' },
      timeMs: Date.parse('2026-11-29T10:15:06Z'),
      data: '[{"sku":"a"},{"sku":"b"}]',
    });
  });

  test('needs a type alone: the id is of the record, the source of the topic, the data all of it, as it was written', async () => {
    const text = '{ "n": 1.50, "big": 9007199254740993 }';
    expect(await mapped('type: t', record(text))).toEqual({
      ...{ id: '3-7', type: 't', source: '/shop.orders', subject: null, clientId: null, timeMs: null, data: text },
    });
  });

  test('keeps every digit, in ids and in data', async () => {
    const text = '{"id":9223372036854775807,"row":{"n":9007199254740993,"price":1.10}}';
    expect(await mapped('id: ${value.id}\ntype: t\ndata: ${value.row}', record(text))).toMatchObject({
      id: '9223372036854775807',
      data: '{"n":9007199254740993,"price":1.10}',
    });
    expect(
      await mapped('type: t\nid: {jsonata: $string(value.id)}\ndata: {jsonata: value.row}', record(text)),
    ).toMatchObject({
      id: '9223372036854775807',
      data: '{"n":9007199254740993,"price":1.1}',
    });
  });

  test.each<[string, string, Written, unknown]>([
    ['an index', 'id: "${value.order.lines[1].sku}"', {}, { id: 'b' }],
    ['a name in quotes', 'id: ${value["order"].id}', {}, { id: '9' }],
    ['the first that is there', 'id: ["${value.none}", "${header.none}", "${key}"]', { key: 'k' }, { id: 'k' }],
    ['a key in JSON', 'id: ${key.id}', { key: '{"id":5}' }, { id: '5' }],
    ['a key with its schema', 'id: ${key.id}', { key: '{"schema":{},"payload":{"id":5}}' }, { id: '5' }],
    ['a key that is a text in JSON', 'id: ${key}', { key: '"k"' }, { id: 'k' }],
    ['a header in quotes', 'id: ${header.x.id}', { headers: { 'x.id': '"h"' } }, { id: 'h' }],
    ['JSON in a text', 'data: {json: "${header.doc}"}', { headers: { doc: '"[1,2.0]"' } }, { data: '[1,2.0]' }],
    [
      'JSONata',
      "data: {jsonata: \"{'skus': value.order.lines.sku, 'at': offset}\"}",
      {},
      { data: '{"skus":["a","b"],"at":7}' },
    ],
    [
      'JSONata over headers',
      'id: {jsonata: "headers.h & \'-\' & key"}',
      { key: 'k', headers: { h: 'x' } },
      { id: 'x-k' },
    ],
    ['a constant that is not text', 'data: 5', {}, { data: '5' }],
    [
      'null as data',
      'data: ${value.none}\nid: x',
      {},
      'mapping_failed: data: ${value.none} is not there: value has no none',
    ],
  ])('%s', async (_name, yaml, written, expected) => {
    const result = await mapped(`type: t\n${yaml}`, record(order, written));
    if (typeof expected === 'string') expect(result).toBe(expected);
    else expect(result).toMatchObject(expected as object);
  });

  test.each<[string, string, unknown, string]>([
    [
      'a place that is missing',
      'client: ${value.order.client.id}',
      order,
      'client: ${value.order.client.id} is not there: value.order has no client',
    ],
    [
      'a place below null',
      'client: ${value.order.id}',
      { order: null },
      'client: ${value.order.id} is not there: value.order is null',
    ],
    ['a client that is null', 'client: ${value.c}', { c: null }, 'client: is null'],
    ['a client that is empty', 'client: ${value.c}', { c: '' }, 'client: is empty'],
    ['an object as a text', 'id: ${value.order}', order, 'id: is an object, and no text'],
    [
      'an object within a text',
      'id: "x${value.order}"',
      order,
      'id: ${value.order} is an object, and cannot be part of a text',
    ],
    ['a header that is missing', 'id: ${header.id}', order, 'id: there is no header id'],
    [
      'a key that is missing',
      'id: ["${key}", "${value.id}"]',
      order,
      'id: the record has no key; ${value.id} is not there: value has no id',
    ],
    ['JSONata that finds nothing', 'client: {jsonata: value.nobody}', order, 'client: the JSONata finds nothing'],
    [
      'JSONata that fails',
      'id: {jsonata: value.order + 1}',
      order,
      'id: the JSONata fails (T2001: what is left of an operator',
    ],
    [
      'counting with what a double cannot hold',
      'id: {jsonata: value.n + 1}',
      '{"n":9007199254740993}',
      'id: the JSONata fails (T2001',
    ],
  ])('%s is a rejection that names the cause', async (_name, yaml, value, detail) => {
    expect(await mapped(`type: t\n${yaml}`, record(value))).toContain(`mapping_failed: ${detail}`);
  });

  test.each<[string, string, string]>([
    ['no JSON', '<a/>', 'unparsable: the value is not JSON, looks like XML'],
    [
      'deeper than anyone reads',
      '['.repeat(200) + ']'.repeat(200),
      'mapping_failed: the JSON is nested deeper than 100 levels',
    ],
  ])('a value that is %s is rejected', async (_name, text, detail) => {
    expect(await mapped('type: t', record(text))).toContain(detail);
  });

  test('its event is held to the rules of every event', async () => {
    expect(await mapped('type: t\nid: ${value.id}', record({ id: 'x'.repeat(300) }))).toContain(
      'invalid_attribute: id is longer',
    );
  });

  test.each<[string, string, boolean]>([
    ['in', "skip: {of: '${value.v}', in: [1, 2]}", true],
    ['notIn', "skip: {of: '${value.v}', notIn: [2]}", false],
    ['notIn, and it is not there', "skip: {of: '${value.w}', notIn: [2]}", true],
    ['exists', "skip: {of: '${header.internal}', exists: true}", false],
    ['is missing', "skip: {of: '${header.internal}', exists: false}", true],
    ['JSONata', 'skip: {jsonata: "value.v > 1"}', true],
    ['JSONata that finds nothing', 'skip: {jsonata: value.nothing}', false],
    ['any of them', "skip:\n  - {of: '${value.v}', in: [9]}\n  - {jsonata: 'value.v = 2'}", true],
  ])('leaves out by a condition: %s', async (_name, yaml, isSkipped) => {
    expect((await mapped(`type: t\n${yaml}`, record(order))) === 'skipped').toBe(isSkipped);
  });

  test('a condition that fails leaves nothing out by chance', async () => {
    expect(await mapped('type: t\nskip: {jsonata: value.order > 1}', record(order))).toContain(
      'mapping_failed: skip: the JSONata fails',
    );
  });
});

const source = {
  version: '3.1',
  connector: 'postgresql',
  name: 'shop',
  db: 'shop',
  schema: 'public',
  table: 'customers',
};
const change = {
  before: null,
  after: { id: 1, tenant: 'acme', name: 'A' },
  source: { ...source, ts_ms: 1_795_947_306_123, snapshot: 'false', lsn: 24_023_128, txId: 555 },
  op: 'c',
  ts_ms: 1_795_947_306_999,
};
const debezium = 'preset: debezium\nclient: ${row.tenant}';

describe('the preset debezium', () => {
  test.each<[string, unknown]>([
    ['with the schema beside it', { schema: { type: 'struct' }, payload: change }],
    ['without', change],
  ])('reads a change %s', async (_name, value) => {
    expect(await mapped(debezium, record(value, { key: '{"id":1}' }))).toMatchObject({
      ...{
        type: 'customers.created',
        source: '/debezium/postgresql/shop',
        clientId: 'acme',
        timeMs: 1_795_947_306_123,
      },
      data: '{"id":1,"tenant":"acme","name":"A"}',
    });
  });

  test('a deleted row is what it was, a changed one what it is', async () => {
    const before = { id: 1, tenant: 'acme', name: 'old' };
    const updated = { ...change, op: 'u', before };
    expect(await mapped(debezium, record(updated))).toMatchObject({
      type: 'customers.updated',
      data: JSON.stringify(change.after),
    });
    const deleted = { ...change, op: 'd', before, after: null };
    expect(await mapped(debezium, record(deleted))).toMatchObject({
      type: 'customers.deleted',
      data: JSON.stringify(before),
    });
  });

  test('a change that the connector writes twice is one event; of two rows of one place in the log there are two', async () => {
    const idOf = async (value: unknown, written: Written) =>
      ((await mapped(debezium, record(value, written))) as { id: string }).id;
    const first = await idOf(change, { key: '{"id":1}' });
    const later = { ...change, ts_ms: 1, source: { ...change.source, ts_ms: 2, snapshot: 'last', sequence: '[]' } };
    expect(await idOf(later, { key: '{"id":1}', offset: 99 })).toBe(first);
    expect(await idOf(change, { key: '{"id":2}' })).not.toBe(first);
    expect(await idOf({ ...change, source: { ...change.source, lsn: 24_023_129 } }, { key: '{"id":1}' })).not.toBe(
      first,
    );
    // Without a place in the log each record is one of its own.
    const placeless = { ...change, source };
    expect(await idOf(placeless, {})).not.toBe(await idOf(placeless, { offset: 8 }));
  });

  test('what was read as it was found is left out, unless the mapping says otherwise', async () => {
    const found = { ...change, op: 'r' };
    expect(await mapped(debezium, record(found))).toBe('skipped');
    expect(await mapped(`${debezium}\nskip: false`, record(found))).toMatchObject({ type: 'customers.read' });
  });

  test.each<[string, unknown, string]>([
    ['no change', { id: 1 }, 'the value is not a change event of Debezium: it has no op'],
    ['an unwrapped one', { id: 1, __op: 'c' }, 'it looks unwrapped (ExtractNewRecordState)'],
    ['a change without a table', { ...change, source: {} }, 'type: ${value.source.table} is not there'],
    [
      'a row without a client',
      { ...change, after: { id: 1 } },
      'client: ${row.tenant} is not there: row has no tenant',
    ],
  ])('%s is rejected', async (_name, value, detail) => {
    expect(await mapped(debezium, record(value))).toContain(detail);
  });
});

describe('the preset debezium-outbox', () => {
  const outbox = 'preset: debezium-outbox\nclient: ${header.tenant}';
  const headers = { id: 'c1791b5a-0a1c-4c5a-9d5b-1b7b0a6d0c11', eventType: 'OrderCreated', tenant: 'acme' };
  const expected = {
    ...{ id: headers.id, type: 'OrderCreated', source: '/shop.orders', subject: '42', clientId: 'acme' },
    ...{ timeMs: 1_795_947_306_000, data: '{"total":1.50}' },
  };

  test.each<[string, string, Written]>([
    ['text', '{"total":1.50}', { key: '42', headers }],
    ['JSON in a text', JSON.stringify('{"total":1.50}'), { key: '42', headers }],
    [
      'schemas beside everything',
      JSON.stringify({ schema: { type: 'string' }, payload: '{"total":1.50}' }),
      {
        key: '{"schema":{"type":"string"},"payload":"42"}',
        headers: { ...headers, id: JSON.stringify({ schema: { type: 'string' }, payload: headers.id }) },
      },
    ],
  ])('reads what the router writes: %s', async (_name, value, written) => {
    expect(await mapped(outbox, record(value, written))).toEqual(expected);
  });

  test('a header that is missing names itself', async () => {
    const { eventType: _, ...others } = headers;
    expect(await mapped(outbox, record({}, { headers: others }))).toBe(
      'mapping_failed: type: there is no header eventType; there is no header type',
    );
  });
});

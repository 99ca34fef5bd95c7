import { expect, test } from '@jest/globals';
import avsc from 'avsc';
import { RegistryValues } from '../registry-values.ts';
import { parseMappings } from './mapping-file.ts';
import type { MappableRecord } from './mapping-input.ts';
import { Mappings } from './mappings.ts';
import { RecordReader } from './record-reader.ts';

const schema = { type: 'record', name: 'Order', fields: [{ name: 'id', type: 'long' }] };

function framed(id: number, value: object): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 0, id]), avsc.Type.forSchema(schema as avsc.Schema).toBuffer(value)]);
}

function readerOf(yaml: string, schemas: Record<number, object> = { 7: schema }): RecordReader {
  const mappings = new Mappings(yaml === '' ? [] : parseMappings(yaml), '');
  const values = new RegistryValues({
    foreignSchema: ({ id }) => {
      const found = schemas[Number(id)];
      return Promise.resolve(
        found === undefined ? null : { type: 'AVRO', text: JSON.stringify(found), references: [] },
      );
    },
  });
  return new RecordReader(values, mappings);
}

function record(value: Buffer | string | null, more: Partial<MappableRecord> = {}): MappableRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return { topic: 'orders', partition: 0, offset: 5, timestampMs: 9, key: null, value: bytes, headers: {}, ...more };
}

test('without a mapping JSON is read as it is, and Avro is decoded', async () => {
  const reader = readerOf('');
  expect(reader.concerns(record('{}'))).toBe(false);
  const avro = record(framed(7, { id: 1 }));
  expect(reader.concerns(avro)).toBe(true);
  expect(reader.read(avro)).toBeNull();
  expect(await reader.readInTheEnd(avro)).toEqual({ json: '{"id":1}' });
  expect(reader.read(avro)).toEqual({ json: '{"id":1}' });
  expect(await reader.readInTheEnd(record(framed(8, { id: 1 })))).toEqual({ problem: 'the registry has no schema 8' });
});

test('a mapping sees what the registry has the schema of, in the value and in the key', async () => {
  const reader = readerOf('mappings:\n  - topic: orders\n    type: order\n    id: ${key.id}-${value.id}\n');
  const avro = record(framed(7, { id: 1 }), { key: framed(7, { id: 2 }) });
  expect(reader.read(avro)).toBeNull();
  expect(await reader.readInTheEnd(avro)).toMatchObject({
    mapped: { attributes: { id: '2-1' }, dataText: '{"id":1}' },
  });
  expect(reader.read(avro)).toMatchObject({ mapped: { attributes: { id: '2-1' } } });
});

test('a key that only the condition to leave out looks at is read by its schema', async () => {
  const reader = readerOf('mappings:\n  - topic: orders\n    type: order\n    skip: {of: "${key.id}", notIn: ["2"]}\n');
  const ofKey = (id: number) => record('{}', { key: framed(7, { id }) });
  expect(reader.read(ofKey(2))).toBeNull();
  expect(await reader.readInTheEnd(ofKey(2))).toHaveProperty('mapped');
  expect(reader.read(ofKey(3))).toEqual({ isSkipped: true });
});

test.each([
  ['a template', 'id: "${value.id}-${key}"', '4-'],
  ['JSONata', 'id: {jsonata: "$string(value.id) & \'-\' & key"}', '4-'],
])('a key that is a number, and looks as if it named a schema, is a key: %s', async (_how, part, id) => {
  const reader = readerOf(`mappings:\n  - topic: orders\n    type: order\n    ${part}\n`);
  const key = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x2a]);
  const read = await reader.readInTheEnd(record('{"id":4}', { key }));
  expect(read).toMatchObject({ mapped: { attributes: { id: expect.stringContaining(id) } } });
});

test('JSONata is asked ahead, and in the end where its schema was not known', async () => {
  const reader = readerOf('mappings:\n  - topic: orders\n    type: order\n    id: {jsonata: value.id * 2}\n');
  expect(reader.readsAhead).toBe(true);
  const avro = record(framed(7, { id: 4 }));
  expect(await reader.readAhead(avro)).toBeNull();
  expect(await reader.readInTheEnd(avro)).toMatchObject({ mapped: { attributes: { id: '8' } } });
  expect(await reader.readAhead(record('{"id":3}'))).toMatchObject({ mapped: { attributes: { id: '6' } } });
  expect(await reader.readAhead(record('{"id":3}', { topic: 'other' }))).toBeNull();
});

test('the JSON behind the id of a JSON Schema is the value', () => {
  const reader = readerOf('mappings:\n  - {topic: orders, type: order}\n');
  const value = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from('{"a":1}')]);
  expect(reader.read(record(value))).toMatchObject({ mapped: { dataText: '{"a":1}' } });
});

test.each<[string, Buffer | null, object]>([
  ['a tombstone', null, { isSkipped: true }],
  [
    'what is not UTF-8',
    Buffer.from([0xff, 0xfe, 0x61, 0]),
    { problem: 'the value is not UTF-8, looks like UTF-16: produce UTF-8' },
  ],
  ['what is not JSON', Buffer.from('hello'), { problem: 'the value is not JSON', reason: 'unparsable' }],
])('%s of a mapped topic', (_name, value, expected) => {
  const reader = readerOf('mappings:\n  - {topic: orders, type: order}\n');
  expect(reader.read(record(value))).toMatchObject(expected);
});

test('a record that is sent again becomes what it would have become where it was', () => {
  const reader = readerOf('mappings:\n  - {topic: orders, type: order, time: "${timestamp}"}\n');
  const headers = Object.fromEntries(
    Object.entries({ topic: 'orders', partition: '2', offset: '77', timestamp: '1795947306000' }).map(
      ([name, text]) => [`redriven-${name}`, Buffer.from(text)],
    ),
  );
  expect(reader.read(record('{}', { topic: 'platform.events', headers }))).toMatchObject({
    mapped: { attributes: { id: '2-77', source: '/orders', time: 1_795_947_306_000 } },
  });
});

import { expect, test } from '@jest/globals';
import avsc from 'avsc';
import { framePrefix } from '../domain/event/registry-frame.ts';
import type { SchemaRef } from '../domain/event/registry-frame.ts';
import { AvroDecodeError } from './avro-codec.ts';
import type { ForeignSchema } from './foreign-schema.ts';
import { RegistryValues } from './registry-values.ts';

const schema = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
    { name: 'count', type: 'long' },
    { name: 'note', type: ['null', 'string'] },
    {
      name: 'size',
      type: ['null', 'int', 'long', { type: 'record', name: 'Box', fields: [{ name: 'w', type: 'int' }] }],
    },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'rates', type: { type: 'map', values: 'double' } },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['NEW', 'OLD'] } },
    { name: 'raw', type: { type: 'fixed', name: 'Raw', size: 2 } },
  ],
};
const long = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: () => 0,
});
const writer = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: 'always', registry: { long } });
const order = {
  total: Buffer.from([0xfe, 0xc4]),
  count: 9_007_199_254_740_993n,
  note: { string: 'ü' },
  size: { 'shop.Box': { w: 3 } },
  tags: ['a'],
  rates: { eur: 1.5, none: Number.NaN },
  state: 'NEW',
  raw: Buffer.from([1, 2]),
};

function framed(id: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, body]);
}

function sourceOf(schemas: Record<number, object>) {
  const asked: number[] = [];
  const foreignSchema = ({ id }: SchemaRef): Promise<ForeignSchema | null> => {
    asked.push(Number(id));
    const schema = schemas[Number(id)];
    return Promise.resolve(
      schema === undefined ? null : { type: 'AVRO', text: JSON.stringify(schema), references: [] },
    );
  };
  return { asked, foreignSchema };
}

/** With the frame that the first bytes are. */
class AnyAvro {
  private readonly values: RegistryValues;

  constructor(...options: ConstructorParameters<typeof RegistryValues>) {
    this.values = new RegistryValues(...options);
  }

  knows(value: Buffer): boolean {
    const frame = framePrefix(value);
    return frame === null || this.values.knows(frame);
  }

  toJson(value: Buffer): string | null {
    const frame = framePrefix(value);
    return frame === null ? null : this.values.toJson(frame, value);
  }

  async learn(value: Buffer): Promise<void> {
    const frame = framePrefix(value);
    if (frame !== null) await this.values.learn(frame);
  }
}

test('a value becomes JSON without losing a digit', async () => {
  const any = new AnyAvro(sourceOf({ 7: schema }));
  const value = framed(7, writer.toBuffer(order));
  expect(any.knows(value)).toBe(false);
  expect(any.toJson(value)).toBeNull();
  await any.learn(value);
  expect(any.knows(value)).toBe(true);
  expect(any.toJson(value)).toBe(
    '{"total":-3.16,"count":9007199254740993,"note":"ü","size":{"w":3},"tags":["a"],"rates":{"eur":1.5,"none":null},' +
      '"state":"NEW","raw":"AQI="}',
  );
});

test.each<[string, number[], number, string]>([
  ['zero', [], 2, '0.00'],
  ['less than one', [5], 2, '0.05'],
  ['negative', [0xff], 0, '-1'],
  ['long', [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 3, '2361183241434822606.847'],
])('a decimal that is %s is exact', async (_name, bytes, scale, expected) => {
  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 30, scale };
  const any = new AnyAvro(sourceOf({ 1: decimal }));
  const value = framed(1, avsc.Type.forSchema('bytes').toBuffer(Buffer.from(bytes)));
  await any.learn(value);
  expect(any.toJson(value)).toBe(expected);
});

test('what the registry does not know is an error, and is asked for again after a while', async () => {
  let now = 0;
  const schemas: Record<number, object> = {};
  const source = sourceOf(schemas);
  const any = new AnyAvro(source, () => now);
  const value = framed(9, Buffer.from([2]));
  await any.learn(value);
  await any.learn(value);
  expect(source.asked).toEqual([9]);
  expect(() => any.toJson(value)).toThrow(AvroDecodeError);
  schemas[9] = { type: 'int' };
  now += 60_000;
  expect(any.knows(value)).toBe(false);
  await any.learn(value);
  expect(any.toJson(value)).toBe('1');
});

test('bytes that are no value of their schema are an error', async () => {
  const any = new AnyAvro(sourceOf({ 1: { type: 'string' }, 2: { type: 'nonsense' } }));
  for (const value of [
    framed(1, Buffer.from([200])),
    framed(1, Buffer.from([2, 65, 66])),
    framed(2, Buffer.alloc(1)),
  ]) {
    await any.learn(value);
    expect(() => any.toJson(value)).toThrow(AvroDecodeError);
  }
  expect(any.toJson(Buffer.from('{}'))).toBeNull();
});

test('an id that no registry gives is not asked for', () => {
  const any = new AnyAvro(sourceOf({}));
  expect(any.knows(framed(-1, Buffer.alloc(1)))).toBe(true);
  expect(() => any.toJson(framed(0, Buffer.alloc(1)))).toThrow(AvroDecodeError);
});

test('while the registry is away nothing is concluded', async () => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { status: 400 });
  const any = new AnyAvro({ foreignSchema: () => Promise.reject(away) });
  const value = framed(1, Buffer.alloc(1));
  await expect(any.learn(value)).rejects.toThrow('ECONNREFUSED');
  expect(any.knows(value)).toBe(false);
});

test.each<[string, object]>([
  ['a number for a null', { name: 'a', type: ['null', 'int'], default: 0 }],
  ['a null for a text', { name: 'a', type: ['string', 'int'], default: null }],
  ['a null for a number', { name: 'a', type: ['null', { type: 'int' }], default: 'x' }],
  [
    'no symbol of an enum',
    { name: 'a', type: ['null', 'int', { type: 'enum', name: 'E', symbols: ['A'], default: 'B' }], default: null },
  ],
])('#10 a default that does not fit (%s) keeps nobody from reading', async (_name, field) => {
  const any = new AnyAvro(sourceOf({ 1: { type: 'record', name: 'R', fields: [field] } }));
  const value = framed(1, Buffer.from([2, 4]));
  await any.learn(value);
  expect(any.toJson(value)).toBe('{"a":2}');
});

test('#60 a float has the digits that its 32 bits need', async () => {
  const any = new AnyAvro(sourceOf({ 1: { type: 'array', items: 'float' } }));
  const floats = [0.1, 16_777_216, -1.5e-10, 3.4028235e38, 0];
  const value = framed(1, avsc.Type.forSchema({ type: 'array', items: 'float' }).toBuffer(floats));
  await any.learn(value);
  expect(any.toJson(value)).toBe('[0.1,16777216,-1.5e-10,3.4028235e+38,0]');
});

test('#20 an id of eight bytes is told from one that is missing', async () => {
  const any = new AnyAvro(sourceOf({ 7: { type: 'int' } }));
  const value = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 7, 4]);
  await any.learn(value);
  expect(any.toJson(value)).toBe('2');
  expect(() => any.toJson(Buffer.from([0, 0, 0, 0, 0, 4]))).toThrow('no schema can have the id 0');
});

test('names that Java may be told to take come out as they were', async () => {
  const box = {
    type: 'record',
    name: 'box-1',
    namespace: 'com.acme-x',
    fields: [{ name: 'a-b', type: 'int', order: 'odd' }],
  };
  const fields = [
    { name: 'order-id', type: 'string', default: 5, aliases: ['9'] },
    { name: '1st', type: box },
    { name: 'more', type: ['null', 'com.acme-x.box-1'] },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['in-transit', 'DONE'], default: 'none' } },
  ];
  const any = new AnyAvro(sourceOf({ 1: { type: 'record', name: 'Order', fields } }));
  const value = framed(1, Buffer.from([2, 0x61, 4, 2, 6, 0]));
  await any.learn(value);
  expect(any.toJson(value)).toBe('{"order-id":"a","1st":{"a-b":2},"more":{"a-b":3},"state":"in-transit"}');
});

test('types that a schema refers to are found', async () => {
  const references = [
    { name: 'shop.Box', text: '{"type":"record","name":"shop.Box","fields":[{"name":"w","type":"int"}]}' },
  ];
  const text = '{"type":"record","name":"R","fields":[{"name":"b","type":"shop.Box"}]}';
  const any = new AnyAvro({ foreignSchema: () => Promise.resolve({ type: 'AVRO', text, references }) });
  const value = framed(1, Buffer.from([6]));
  await any.learn(value);
  expect(any.toJson(value)).toBe('{"b":{"w":3}}');
});

import { expect, test } from '@jest/globals';
import avsc from 'avsc';
import { AnyAvro } from './any-avro.ts';
import { AvroDecodeError } from './avro-codec.ts';

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
  const schemaById = (id: number) => {
    asked.push(id);
    return Promise.resolve(schemas[id] ?? null);
  };
  return { asked, schemaById };
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
  expect(() => any.toJson(Buffer.from('{}'))).toThrow(AvroDecodeError);
});

test('an id that no registry gives is not asked for', () => {
  const any = new AnyAvro(sourceOf({}));
  expect(any.knows(framed(-1, Buffer.alloc(1)))).toBe(true);
  expect(() => any.toJson(framed(0, Buffer.alloc(1)))).toThrow(AvroDecodeError);
});

test('while the registry is away nothing is concluded', async () => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { status: 400 });
  const any = new AnyAvro({ schemaById: () => Promise.reject(away) });
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

test('#20 an id of eight bytes is told from one that is missing', () => {
  const any = new AnyAvro(sourceOf({}));
  const value = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 7, 2, 97]);
  expect(() => any.toJson(value)).toThrow('looks like an id of eight bytes, as serializers of Apicurio write it');
});

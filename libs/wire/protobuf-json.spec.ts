import { describe, expect, test } from '@jest/globals';
import type protobuf from 'protobufjs';
import { protobufJson } from './protobuf-json.ts';
import { ProtobufSchema } from './protobuf-schema.ts';

const orderProto = `
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/duration.proto";
import "confluent/type/decimal.proto";
import "shop/money.proto";

message Ignored { message Inner {} }
message Order {
  /* as a producer writes it */ enum State { UNKNOWN = 0; PAID = 1; }
  message Line { string sku = 1; sint32 quantity = 2; }
  int64 order_id = 1;
  uint64 big = 2;
  State state = 3;
  repeated Line lines = 4;
  map<string, int64> counts = 5;
  optional string note = 6;
  bytes raw = 7;
  float ratio = 8;
  double rate = 9;
  repeated sfixed64 marks = 10;
  oneof payment { string card = 11; shop.Money cash = 12; }
  google.protobuf.Timestamp at = 13;
  google.protobuf.Struct extra = 14;
  google.protobuf.Int64Value limit = 15;
  google.protobuf.Duration took = 16;
  confluent.type.Decimal total = 17;
  map<int32, Line> by_place = 18;
  bool done = 19;
  fixed32 f = 20;
}
`;
const money = { name: 'shop/money.proto', text: 'syntax = "proto3"; package shop; message Money { int64 cents = 1; }' };
const schema = new ProtobufSchema(orderProto, [money]);
const order = schema.byName('Order') as protobuf.Type;

/** As another implementation writes it. */
function written(value: object, type = order): Buffer {
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

const json = (value: object) => JSON.parse(protobufJson(order, written(value))) as object;

test('a message becomes JSON by the names of the file, without losing a digit', () => {
  const value = {
    ...{ order_id: '9007199254740993', big: '18446744073709551615', state: 1, note: '', raw: Buffer.from([1, 2]) },
    ...{ ratio: 0.1, rate: Number.NaN, done: true, f: 4_294_967_295 },
    lines: [{ sku: 'ä', quantity: -3 }, {}],
    counts: { a: '-1' },
    marks: ['-5', '6'],
    cash: { cents: 7 },
    at: { seconds: 1_795_947_306, nanos: 120_000_000 },
    limit: { value: '9007199254740993' },
    took: { seconds: -1, nanos: -500_000_000 },
    total: { value: Buffer.from([0xfe, 0xc4]), scale: 2 },
    by_place: { 4: { sku: 'x' } },
  };
  expect(protobufJson(order, written(value))).toBe(
    '{"order_id":9007199254740993,"big":18446744073709551615,"state":"PAID","lines":[{"sku":"ä","quantity":-3},' +
      '{"sku":"","quantity":0}],"counts":{"a":-1},"note":"","raw":"AQI=","ratio":0.1,"rate":null,"marks":[-5,6],' +
      '"cash":{"cents":7},"at":"2026-11-29T10:15:06.120Z","limit":9007199254740993,"took":"-1.500s","total":-3.16,' +
      '"by_place":{"4":{"sku":"x","quantity":0}},"done":true,"f":4294967295}',
  );
});

test('what is not written is its default, or, where it could be told from that, left out', () => {
  expect(protobufJson(order, Buffer.alloc(0))).toBe(
    '{"order_id":0,"big":0,"state":"UNKNOWN","lines":[],"counts":{},"raw":"","ratio":0,"rate":0,"marks":[],"by_place":{},' +
      '"done":false,"f":0}',
  );
});

test('of one of several the last counts, and a message in pieces is merged', () => {
  const bytes = Buffer.concat([
    written({ card: 'c' }),
    written({ cash: { cents: 1 } }),
    written({ cash: { cents: 2 } }),
  ]);
  const value = JSON.parse(protobufJson(order, bytes)) as object;
  expect(value).toMatchObject({ cash: { cents: 2 } });
  expect(value).not.toHaveProperty('card');
});

test('a struct is JSON', () => {
  const extra = {
    fields: { a: { numberValue: 1.5 }, b: { listValue: { values: [{ nullValue: 0 }, { boolValue: false }] } } },
  };
  expect(json({ extra })).toMatchObject({ extra: { a: 1.5, b: [null, false] } });
});

test('lists may be packed or not, and what is not in the schema is passed over', () => {
  const eight = (value: number) => [...Buffer.from(new BigInt64Array([BigInt(value)]).buffer)];
  const unpacked = Buffer.from([0x51, ...eight(1), 0x51, ...eight(2)]);
  const unknown = Buffer.from([0xa0, 0x1f, 5, 0xab, 0x1f, 0x08, 1, 0xac, 0x1f, 0x0d, 1, 2, 3, 4]);
  expect(JSON.parse(protobufJson(order, Buffer.concat([unpacked, unknown])))).toMatchObject({
    marks: [1, 2],
    order_id: 0,
  });
});

test('a number of an enum that the schema does not know stays one', () => {
  expect(JSON.parse(protobufJson(order, Buffer.from([0x18, 9])))).toMatchObject({ state: 9 });
});

describe('messages are found', () => {
  test.each<[string, readonly number[], string | null]>([
    ['the second', [1], 'Order'],
    ['one inside', [1, 0], 'Line'],
    ['none', [2], null],
    ['none inside', [1, 4], null],
    ['a negative one', [-1], null],
  ])('by their place: %s', (_name, indexes, name) => {
    expect(schema.byIndexes(indexes)?.name ?? null).toBe(name);
  });

  test.each<[string, string | null]>([
    ['Order', 'Order'],
    ['shop.v1.Order', 'Order'],
    ['shop.Money', 'Money'],
    ['Nobody', null],
    ['../x', null],
  ])('by name: %s', (name, found) => {
    expect(schema.byName(name)?.name ?? null).toBe(found);
  });

  test('groups of proto2 are read, and counted as no message', () => {
    const groups = new ProtobufSchema(
      'syntax = "proto2"; message A { optional group Part = 1 { optional int32 n = 1; } message In {} }',
      [],
    );
    expect(groups.byIndexes([0, 0])?.name).toBe('In');
    expect(protobufJson(groups.byIndexes([0]) as protobuf.Type, Buffer.from([0x0b, 0x08, 5, 0x0c]))).toBe(
      '{"part":{"n":5}}',
    );
  });
});

test.each<[string, string, string]>([
  [
    'an import without a reference',
    'syntax = "proto3"; import "x/y.proto"; message A { x.Y y = 1; }',
    'it imports x/y.proto',
  ],
  ['a type that is nowhere', 'syntax = "proto3"; message A { B b = 1; }', 'a type of it is not there'],
  ['no schema', '{"type":"record"}', 'illegal'],
  ['braces without an end', `syntax = "proto3"; ${'message A { '.repeat(40)}`, 'more than 32 levels'],
  ['brackets without an end', `syntax = "proto3"; option (a) = ${'['.repeat(50_000)};`, 'more than 32 levels'],
  ['more than anyone needs', `syntax = "proto3"; // ${'x'.repeat(256 * 1024)}`, 'more than 262144 characters'],
  [
    'as wide as takes the parser minutes',
    `syntax = "proto3"; message A { ${'int32 a = 1; '.repeat(2_000)} }`,
    'more than 2000 statements',
  ],
  [
    'a list of what is reserved',
    `syntax = "proto3"; message A { reserved ${'1, '.repeat(1_001)}; }`,
    'more than 1000 commas',
  ],
])('a schema that is %s is refused with the cause', (_name, text, why) => {
  expect(() => new ProtobufSchema(text, [])).toThrow(why);
});

describe('bytes of strangers', () => {
  const deep = new ProtobufSchema(
    'syntax = "proto3"; message A { A a = 1; repeated W w = 2; } message W { int32 n = 1; }',
    [],
  );
  const type = deep.byIndexes([0]) as protobuf.Type;

  test('that go down without an end are refused', () => {
    let bytes = Buffer.alloc(0);
    for (let level = 0; level < 200; level += 1) {
      const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
      bytes = Buffer.concat([Buffer.from([0x0a, ...length]), bytes]);
    }
    expect(() => protobufJson(type, bytes)).toThrow('nested deeper than 100');
    expect(() => protobufJson(type, Buffer.alloc(5_000, 0x7b))).toThrow('nested too deep');
  });

  test('that claim to be long, or end within something, are refused', () => {
    for (const bytes of [
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x08],
      [0x0d, 1],
      Array.from({ length: 12 }, () => 0x80),
      [0],
      [0x0c],
    ]) {
      expect(() => protobufJson(type, Buffer.from(bytes))).toThrow();
    }
  });

  test('become no more than they are, however wide the schema', () => {
    const fields = Array.from({ length: 1_000 }, (_, n) => `int32 field_number_${n} = ${n + 1};`).join(' ');
    const wide = new ProtobufSchema(`syntax = "proto3"; message A { repeated W w = 1; } message W { ${fields} }`, []);
    const bytes = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0x0a, 0])));
    expect(() => protobufJson(wide.byIndexes([0]) as protobuf.Type, bytes)).toThrow('more fields than bytes');
  });

  test.each([
    ['a field', 'message B { int32 NAME = 1; }', [0x0a, 0]],
    ['an enum value, repeated', 'message B { repeated E e = 1; } enum E { NAME = 0; }', [0x0a, 2, 8, 0]],
    ['an enum value that is a default', 'message B { E e = 1; } enum E { NAME = 0; }', [0x0a, 0]],
  ])('become no more than they are, however long the name of %s', (_, rest, item) => {
    const text = (name: string) => `syntax = "proto3"; message A { repeated B b = 1; } ${rest.replace('NAME', name)}`;
    const read = (name: string, count: number) => {
      const bytes = Buffer.concat(Array.from({ length: count }, () => Buffer.from(item)));
      return protobufJson(new ProtobufSchema(text(name), []).byIndexes([0]) as protobuf.Type, bytes);
    };
    expect(read('N'.repeat(60), 5_000).length).toBeGreaterThan(5_000 * 60);
    expect(() => read('N'.repeat(2_000), 5_000)).toThrow('its names are longer than its bytes allow');
  });
});

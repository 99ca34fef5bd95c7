import { describe, expect, test } from '@jest/globals';
import avsc from 'avsc';
import { boundedType } from './bounded-avro.ts';

const tree: avsc.Schema = {
  type: 'record',
  name: 'Tree',
  fields: [
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'below', type: { type: 'array', items: ['null', 'Tree'] } },
    { name: 'rates', type: { type: 'map', values: { type: 'array', items: 'int' } } },
  ],
};

/** 2^40 items, then nothing. */
const endless = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);

test('what is a value comes out as it went in', () => {
  const leaf = { tags: [], below: [], rates: {} };
  const value = { tags: ['a', ''], below: [null, { Tree: leaf }], rates: { a: [1, 2], b: [] } };
  const bytes = avsc.Type.forSchema(tree, { wrapUnions: 'always' }).toBuffer(value);
  const read: unknown = avsc.Type.forSchema(tree, { wrapUnions: 'always', typeHook: boundedType }).fromBuffer(bytes);
  expect(JSON.stringify(read)).toBe(JSON.stringify(value));
});

test.each<[string, avsc.Schema]>([
  ['texts', { type: 'array', items: 'string' }],
  ['nulls', { type: 'array', items: 'null' }],
  ['a map', { type: 'map', values: 'int' }],
  ['records', { type: 'array', items: tree }],
  ['a union', ['null', { type: 'array', items: 'long' }]],
  [
    'a list in a record',
    { type: 'record', name: 'R', fields: [{ name: 'a', type: { type: 'array', items: 'null' } }] },
  ],
])('more items than bytes are refused at once: %s', (_, schema) => {
  const bytes = Array.isArray(schema) ? Buffer.concat([Buffer.from([2]), endless]) : endless;
  expect(() => avsc.Type.forSchema(schema, { typeHook: boundedType }).fromBuffer(bytes) as unknown).toThrow(
    'more items',
  );
});

test('blocks of nothing do not add up', () => {
  const block = Buffer.from([0x80, 0x01]); // 64 nulls in two bytes
  const bytes = Buffer.concat([...Array.from({ length: 50 }, () => block), Buffer.from([0])]);
  const type = avsc.Type.forSchema({ type: 'array', items: 'null' }, { typeHook: boundedType });
  expect(() => type.fromBuffer(bytes) as unknown).toThrow('more items');
});

test('a key may be called __proto__', () => {
  const schema: avsc.Schema = { type: 'map', values: 'int' };
  const bytes = Buffer.concat([Buffer.from([2, 18]), Buffer.from('__proto__'), Buffer.from([2, 0])]);
  const read = avsc.Type.forSchema(schema, { typeHook: boundedType }).fromBuffer(bytes) as object;
  expect(Object.entries(read)).toEqual([['__proto__', 1]]);
});

describe('names', () => {
  const listOf = (items: avsc.Schema) => avsc.Type.forSchema({ type: 'array', items }, { typeHook: boundedType });
  /** So many bytes of one kind, as a list of so many items. */
  const bytesOf = (count: number) =>
    Buffer.concat([avsc.Type.forSchema('int').toBuffer(count), Buffer.alloc(count), Buffer.from([0])]);
  const record = (name: string): avsc.Schema => ({ type: 'record', name: 'R', fields: [{ name, type: 'int' }] });
  const symbols = (name: string): avsc.Schema => ({ type: 'enum', name: 'E', symbols: [name] });

  test.each([
    ['fields', record],
    ['enum symbols', symbols],
  ])('of %s are written no more often than the bytes allow', (_what, schemaOf) => {
    const read = (length: number) => listOf(schemaOf('n'.repeat(length))).fromBuffer(bytesOf(50_000)) as unknown[];
    expect(read(60)).toHaveLength(50_000);
    expect(() => read(2_000)).toThrow('its names are longer than its bytes allow');
  });

  test('that are long in one record are no matter', () => {
    const names = Array.from({ length: 100 }, (_, n) => ({ name: `${'n'.repeat(1_000)}${n}`, type: 'int' }));
    const type = avsc.Type.forSchema({ type: 'record', name: 'R', fields: names }, { typeHook: boundedType });
    expect(Object.keys(type.fromBuffer(Buffer.alloc(100)) as object)).toHaveLength(100);
  });
});

describe('records of nothing', () => {
  const nulls = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `f${n}`, type: 'null' }));

  test('that double at each level are refused', () => {
    let schema: avsc.Schema = { type: 'record', name: 'R0', fields: nulls(1) };
    for (let level = 1; level <= 40; level += 1) {
      const fields: { name: string; type: avsc.Schema }[] = [
        { name: 'a', type: schema },
        { name: 'b', type: `R${level - 1}` },
      ];
      schema = { type: 'record', name: `R${level}`, fields };
    }
    const type = avsc.Type.forSchema(schema, { typeHook: boundedType });
    expect(() => type.fromBuffer(Buffer.alloc(0)) as unknown).toThrow('more fields than bytes');
  });

  test('in a list are refused, though there are no more of them than bytes', () => {
    const items: avsc.Schema = { type: 'record', name: 'Wide', fields: nulls(1_000) };
    const count = Buffer.from([0xc0, 0x84, 0x3d]); // 500,000
    const bytes = Buffer.concat([count, Buffer.alloc(600_000)]);
    const type = avsc.Type.forSchema({ type: 'array', items }, { typeHook: boundedType });
    expect(() => type.fromBuffer(bytes) as unknown).toThrow('more fields than bytes');
  });

  test('are read where they are few', () => {
    const fields = [...nulls(100), { name: 'id', type: 'long' }];
    const schema: avsc.Schema = { type: 'array', items: { type: 'record', name: 'Few', fields } };
    const value = Array.from({ length: 50 }, (_, id) => ({
      ...Object.fromEntries(nulls(100).map(({ name }) => [name, null])),
      id,
    }));
    const bytes = avsc.Type.forSchema(schema).toBuffer(value);
    const read: unknown = avsc.Type.forSchema(schema, { typeHook: boundedType }).fromBuffer(bytes);
    expect(JSON.stringify(read)).toBe(JSON.stringify(value));
  });
});

describe('what the reader does not have is passed over', () => {
  const reader = avsc.Type.forSchema({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] });
  const resolverFor = (type: avsc.Schema) => {
    const fields = [
      { name: 'more', type },
      { name: 'a', type: 'int' },
    ];
    const writer = avsc.Type.forSchema({ type: 'record', name: 'R', fields }, { typeHook: boundedType });
    return { writer, resolver: reader.createResolver(writer) };
  };

  test.each<[string, avsc.Schema, unknown]>([
    ['a list', { type: 'array', items: 'string' }, ['x', 'yz']],
    ['a map', { type: 'map', values: 'long' }, { x: 1, y: 2 }],
    ['a record', { type: 'record', name: 'S', fields: [{ name: 'b', type: 'bytes' }] }, { b: Buffer.from('xyz') }],
  ])('%s as it was written', (_, type, more) => {
    const { writer, resolver } = resolverFor(type);
    expect(reader.fromBuffer(writer.toBuffer({ more, a: 7 }), resolver)).toMatchObject({ a: 7 });
  });

  test.each<[string, avsc.Schema]>([
    ['nulls', { type: 'array', items: 'null' }],
    ['a map', { type: 'map', values: 'null' }],
  ])('%s without end are refused at once', (_, type) => {
    expect(() => reader.fromBuffer(endless, resolverFor(type).resolver) as unknown).toThrow('more items');
  });

  test('a block whose length leads back is passed over by its items', () => {
    // One item that takes minus three bytes, in zigzag, and the end.
    const bytes = Buffer.from([1, 5, 0, 0, 14]);
    expect(reader.fromBuffer(bytes, resolverFor({ type: 'array', items: 'int' }).resolver)).toMatchObject({ a: 7 });
  });
});

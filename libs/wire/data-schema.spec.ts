import { describe, expect, jest, test } from '@jest/globals';
import { dataSchema, schemaInForce, wordsOf } from './data-schema.ts';

const schemaCheck = (text: string) => {
  const check = schemaInForce(text);
  return (data: unknown) => {
    const misfit = check(data);
    return misfit === null ? null : wordsOf(misfit);
  };
};

const order = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    items: { type: 'array', items: { type: 'number' } },
    state: { enum: ['new', 'paid'] },
  },
  additionalProperties: false,
};

describe('data', () => {
  const check = schemaCheck(JSON.stringify(order));
  test.each<[unknown, string | null]>([
    [{ id: 'a3bb189e-8bf9-3888-9912-ace4e6543002' }, null],
    [{}, "data must have required property 'id'"],
    [{ id: 'secret value' }, 'data/id must match format "uuid"'],
    [{ id: 'a3bb189e-8bf9-3888-9912-ace4e6543002', items: [1, 'x'] }, 'data/items/1 must be number'],
    [null, 'data must be object'],
    [{ id: 'a3bb189e-8bf9-3888-9912-ace4e6543002', ammount: 1 }, 'data must NOT have additional properties: "ammount"'],
    [
      { id: 'a3bb189e-8bf9-3888-9912-ace4e6543002', state: 'sent' },
      'data/state must be equal to one of the allowed values: ["new","paid"]',
    ],
  ])('%j: %s', (data, expected) => {
    expect(check(data)).toBe(expected);
  });
});

test.each([
  ['2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }] }, [1]],
  ['draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] }, [1]],
  ['no dialect', { prefixItems: [{ type: 'string' }] }, [1]],
  ['an unknown keyword beside others', { 'x-note': 1, type: 'string' }, 1],
  ['false', false, 1],
])('a schema in %s is enforced', (_name, schema, misfit) => {
  expect(schemaCheck(JSON.stringify(schema))(misfit)).not.toBeNull();
});

test('true fits everything', () => {
  expect(schemaCheck('true')({ any: 1 })).toBeNull();
});

test.each([
  ['no JSON', '{'],
  ['no schema', '{"type":"nonsense"}'],
  ['a reference to elsewhere', '{"$ref":"https://example.com/schema.json"}'],
  ['asynchronous', '{"$async":true,"type":"string"}'],
])('with a schema that is %s nothing fits', (_name, text) => {
  expect(schemaCheck(text)('anything')).toContain('the JSON Schema cannot be used');
});

describe('a schema that would take long to compile', () => {
  const names = (count: number) => Array.from({ length: count }, (_, n) => `name${n}`);
  const requires = (count: number) => ({ type: 'object', required: names(count) });
  const properties = (count: number) => Object.fromEntries(names(count).map((name) => [name, { type: 'string' }]));

  test.each<[string, string]>([
    ['more properties', JSON.stringify({ properties: properties(100_000) })],
    ['more names', JSON.stringify(requires(2_999))],
    ['more branches', JSON.stringify({ allOf: Array.from({ length: 1_500 }, (_, minimum) => ({ minimum })) })],
    ...['enum', 'const', 'default', 'examples'].flatMap((name): [string, string][] => [
      [
        `more properties of a property "${name}"`,
        JSON.stringify({ properties: { [name]: { properties: properties(3_000) } } }),
      ],
      [
        `more properties in what "${name}" holds and a reference names`,
        JSON.stringify({ $ref: `#/${name}/0`, [name]: [{ properties: properties(3_000) }] }),
      ],
    ]),
    ['more names that follow from "enum"', JSON.stringify({ dependentRequired: { enum: names(3_000) } })],
    ['more levels', `${'{"not":'.repeat(5_000)}{}${'}'.repeat(5_000)}`],
  ])('is none: %s than it may have', (_name, text) => {
    expect(() => dataSchema(text)).toThrow(/^it has more than (3000 keywords|262144 bytes)/);
    expect(schemaCheck(text)({})).toContain('the JSON Schema cannot be used: it has more than');
  });

  test('is not one with as many as it may have, or with many values', () => {
    expect(schemaCheck(JSON.stringify(requires(2_998)))({})).toContain('must have required property');
    expect(schemaCheck(JSON.stringify({ enum: names(10_000) }))('name9999')).toBeNull();
  });
});

test('the compiler prints nothing', () => {
  const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    expect(schemaCheck('{"format":"nonsense"}')('x')).toBeNull();
    expect(warned).not.toHaveBeenCalled();
  } finally {
    warned.mockRestore();
  }
});

test('two schemas may have the same $id', () => {
  const withId = (type: string) => schemaCheck(JSON.stringify({ $id: 'urn:example:order', type }));
  expect(withId('string')('x')).toBeNull();
  expect(withId('number')(1)).toBeNull();
});

describe('values are compared by what they are', () => {
  test.each<[string, object, unknown, string | null]>([
    ['unique items', { uniqueItems: true }, [1, '1', true, null, [1], ['1'], { a: 1 }, { a: '1' }, {}], null],
    ['repeated objects', { uniqueItems: true }, [{ a: 1, b: [2] }, 0, { b: [2], a: 1 }], 'items ## 0 and 2'],
    ['repeated texts', { uniqueItems: true, items: { type: 'string' } }, ['a', '"a"', 'a'], 'items ## 0 and 2'],
    ['repetition that is allowed', { uniqueItems: false }, [1, 1], null],
    ['an infinite number and null', { uniqueItems: true }, [Infinity, null, -Infinity], null],
    ['zeros', { uniqueItems: true }, [0, -0], 'items ## 0 and 1'],
    ['an object of an enum', { enum: [{ a: [1], b: 2 }] }, { b: 2, a: [1] }, null],
    ['an object of no enum', { enum: [{ a: [1] }] }, { a: ['1'] }, 'allowed values: [{"a":[1]}]'],
    ['a constant', { const: [0, null] }, [0, null], null],
    ['another than a constant', { const: 'x' }, 'y', 'must be equal to constant'],
    [
      'a member with the name of a method',
      { enum: [{ toString: 1 }] },
      { toString: 'x', valueOf: 1 },
      'allowed values',
    ],
    [
      'items with the name of a method',
      { uniqueItems: true },
      [{ valueOf: 1 }, { toString: 1 }, { valueOf: 1 }],
      '0 and 2',
    ],
  ])('%s', (_name, schema, data, expected) => {
    const misfit = schemaCheck(JSON.stringify(schema))(data);
    if (expected === null) expect(misfit).toBeNull();
    else expect(misfit).toContain(expected);
  });
});

describe('data that takes too many steps', () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [
      `a${n + 1}`,
      { allOf: [{ $ref: `#/$defs/a${n}` }, { $ref: `#/$defs/a${n}` }] },
    ]),
  );
  const numbers = Array.from({ length: 100_000 }, (_, n) => n);
  test.each<[string, object, unknown]>([
    ['references that double', { $ref: '#/$defs/a40', $defs: { a0: { type: 'number' }, ...doubling } }, 1],
    ['references in a circle', { $ref: '#' }, 1],
    [
      'conditions in a circle',
      { not: { $ref: '#/$defs/a' }, $defs: { a: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } },
      1,
    ],
    ['many rules for many items', { items: { allOf: Array.from({ length: 500 }, () => ({ minimum: 0 })) } }, numbers],
    [
      'many patterns for a long text',
      { allOf: Array.from({ length: 50 }, () => ({ pattern: 'b(a|b)*c' })) },
      `${'b'.repeat(200_000)}c`,
    ],
    [
      'many patterns for many members',
      { patternProperties: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`x${n}`, true])) },
      Object.fromEntries(numbers.map((n) => [`n${n}`, n])),
    ],
  ])('does not fit: %s', (_name, schema, data) => {
    const misfit = dataSchema(JSON.stringify(schema))(data);
    expect(misfit).toMatchObject({ path: '', isOverBudget: true });
    expect(misfit?.message).toContain('takes more than 1000000 steps');
  });

  test('is more than a large event of a usual schema', () => {
    const row = {
      type: 'object',
      required: ['id', 'at', 'note'],
      properties: {
        id: { type: 'string', pattern: '^ord_[a-z0-9]{4,40}$' },
        at: { type: 'string', format: 'date-time' },
        note: { type: 'string', maxLength: 100 },
      },
      additionalProperties: false,
    };
    const check = dataSchema(JSON.stringify({ type: 'array', uniqueItems: true, items: row }));
    const rows = Array.from({ length: 3_000 }, (_, n) => ({
      id: `ord_${String(n).padStart(8, '0')}`,
      at: '2026-03-14T09:26:53.589Z',
      note: 'left at the door of the neighbour',
    }));
    expect(JSON.stringify(rows).length).toBeGreaterThan(256 * 1024);
    expect(check(rows)).toBeNull();
    const text = dataSchema(JSON.stringify({ pattern: '^[A-Za-z0-9+/]*={0,2}$' }));
    expect(text('a'.repeat(256 * 1024))).toBeNull();
  });
});

test.each([
  ['a(?=b)', 'looks ahead or behind'],
  ['(a)\\1', 'refers back to a group'],
  ['(a{1,100}){1,100}', 'more than 1000 states'],
])('a pattern whose time could not be bounded, %s, makes a schema that cannot be used', (pattern, reason) => {
  const said = (schema: object) => schemaCheck(JSON.stringify(schema))('a');
  for (const schema of [{ pattern }, { patternProperties: { [pattern]: true } }]) {
    expect(said(schema)).toContain(reason);
  }
});

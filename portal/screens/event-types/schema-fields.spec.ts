import { expect, test } from '@jest/globals';
import { schemaFields, type SchemaField } from './schema-fields.ts';

/** One line a field, indented as it is nested. */
function lines(fields: readonly SchemaField[], depth = 0): string[] {
  return fields.flatMap(({ name, type, isRequired, bounds, fields: inner }) => [
    `${'  '.repeat(depth)}${name}${isRequired ? '*' : ''}: ${[type, ...bounds].join(', ')}`,
    ...lines(inner, depth + 1),
  ]);
}

test('fields, bounds, lists and references are shown as a tree', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'string', minLength: 1, format: 'uuid' },
      amount: { type: ['number', 'null'], exclusiveMinimum: 0, maximum: 10 },
      currency: { enum: ['EUR', 'USD'] },
      lines: { type: 'array', items: { $ref: '#/$defs/line' } },
    },
    $defs: { line: { type: 'object', properties: { sku: { type: 'string', pattern: '^[A-Z]+$' } } } },
  };
  expect(lines(schemaFields(schema))).toEqual([
    'id*: string, length ≥ 1, format uuid',
    'amount: number or null, > 0, ≤ 10',
    'currency: value, one of "EUR", "USD"',
    'lines: list of object',
    '  sku: string, pattern "^[A-Z]+$"',
  ]);
});

test.each([[true], [null], [42], [{ properties: { __proto__: 1, a: false } }], [{ $ref: '#/$defs/none' }]])(
  'what is odd is survived: %j',
  (schema) => {
    expect(schemaFields(schema)).toBeInstanceOf(Array);
  },
);

test('a type that holds itself ends', () => {
  const schema = { $ref: '#/$defs/node', $defs: { node: { properties: { next: { $ref: '#/$defs/node' } } } } };
  expect(lines(schemaFields(schema))).toHaveLength(8);
});

test('a schema of thousands of fields is shown in part', () => {
  const properties = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}`, { type: 'string' }]));
  expect(schemaFields({ properties })).toHaveLength(500);
});

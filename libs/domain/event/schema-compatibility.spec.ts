import { describe, expect, test } from '@jest/globals';
import { schemaBreaks } from './schema-compatibility.ts';

const order = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string', minLength: 1 },
    amount: { type: 'number', minimum: 0, maximum: 100 },
    state: { enum: ['open', 'paid'] },
    lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
  },
};
const withProperty = (name: string, schema: unknown) => ({
  ...order,
  properties: { ...order.properties, [name]: schema },
});
const without = (name: string) => ({
  ...order,
  properties: Object.fromEntries(Object.entries(order.properties).filter(([key]) => key !== name)),
});

describe('compatible is', () => {
  test.each<[string, unknown, unknown]>([
    ['the same', order, structuredClone(order)],
    ['the first schema', null, order],
    ['a new optional field', order, withProperty('note', { type: 'string', maxLength: 3 })],
    ['what is said for people', order, { ...order, title: 'Order', description: 'x', examples: [{}] }],
    ['a further value', order, withProperty('state', { enum: ['open', 'paid', 'void'] })],
    ['looser bounds', order, withProperty('amount', { type: 'number', minimum: -1, maximum: 200 })],
    ['no bounds', order, withProperty('amount', { type: 'number' })],
    [
      'another order',
      { required: ['a', 'b'], type: ['string', 'null'] },
      { type: ['null', 'string'], required: ['b', 'a'] },
    ],
    ['room for further members', { additionalProperties: false }, {}],
    ['the schema that says nothing', true, {}],
  ])('%s', (_, before, after) => {
    expect(schemaBreaks(before, after)).toEqual([]);
  });
});

describe('a break is', () => {
  test.each<[string, unknown, unknown, string[]]>([
    ['no schema any more', order, null, [' removed']],
    ['a field that goes', order, without('amount'), ['/properties/amount removed']],
    [
      'another type',
      order,
      withProperty('amount', { type: 'string', minimum: 0, maximum: 100 }),
      ['/properties/amount/type type'],
    ],
    [
      'one type more',
      order,
      withProperty('id', { type: ['string', 'null'], minLength: 1 }),
      ['/properties/id/type type'],
    ],
    ['a new required field', order, { ...order, required: ['id', 'amount'] }, ['/required required']],
    ['a field that is required no more', order, { ...order, required: [] }, ['/required required']],
    ['a value that goes', order, withProperty('state', { enum: ['open'] }), ['/properties/state/enum narrowed']],
    ['values that were free', { type: 'string' }, { type: 'string', enum: ['a'] }, ['/enum narrowed']],
    [
      'a narrower bound',
      order,
      withProperty('amount', { type: 'number', minimum: 1, maximum: 99 }),
      ['/properties/amount/minimum narrowed', '/properties/amount/maximum narrowed'],
    ],
    [
      'a new bound',
      order,
      withProperty('id', { type: 'string', minLength: 1, maxLength: 9 }),
      ['/properties/id/maxLength narrowed'],
    ],
    [
      'a new pattern',
      order,
      withProperty('id', { type: 'string', minLength: 1, pattern: '^a' }),
      ['/properties/id/pattern narrowed'],
    ],
    ['no further members', order, { ...order, additionalProperties: false }, ['/additionalProperties narrowed']],
    [
      'something inside a list',
      order,
      withProperty('lines', { type: 'array', items: { type: 'object', properties: {} } }),
      ['/properties/lines/items/properties/sku removed'],
    ],
    [
      'items that may be anything',
      order,
      withProperty('lines', { type: 'array' }),
      ['/properties/lines/items removed'],
    ],
    ['an alternative', order, { ...order, oneOf: [{}] }, ['/oneOf incomparable']],
    [
      'a reference',
      { $ref: '#/$defs/a', $defs: { a: {} } },
      { $ref: '#/$defs/b', $defs: { a: {} } },
      ['/$ref incomparable'],
    ],
    ['the schema that nothing fits', true, false, ['/not incomparable']],
    ['a name with signs', { properties: { 'a/b~c': {} } }, {}, ['/properties/a~1b~0c removed']],
  ])('%s', (_, before, after, expected) => {
    expect(schemaBreaks(before, after).map(({ path, rule }) => `${path} ${rule}`)).toEqual(expected);
  });
});

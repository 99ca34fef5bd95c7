import { expect, test } from '@jest/globals';
import { isMasked, offeredFields } from './filter-fields.ts';

const jsonSchema = { properties: { amount: { type: 'number' }, 'a.b': {}, buyer: { properties: { id: {} } } } };

test('fields come from the schema, the example and the last events, each once', () => {
  const example = { amount: 1, items: [{ sku: 'x' }, { size: 2 }], '': 1, $odd: 1 };
  const fields = offeredFields([{ jsonSchema, example }], [{ data: { amount: 2, note: null } }, { data: 'text' }]);
  expect(fields.filter((field) => field.startsWith('data'))).toEqual([
    'data.amount',
    'data.buyer',
    'data.buyer.id',
    'data.items',
    'data.items.sku',
    'data.items.size',
    'data.note',
  ]);
});

test('an event of a million names offers a few', () => {
  const data = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`n${index}`, { a: 1 }]));
  expect(offeredFields([], [{ data }])).toHaveLength(200);
});

test.each([
  ['data.card.number', true],
  ['data.card.number.last', true],
  ['data.card', false],
  ['data.buyer.mail', true],
  ['card.number', false],
])('%s is masked: %j', (field, expected) => {
  expect(isMasked(field, ['card.number', '*.mail'])).toBe(expected);
});

import { expect, test } from '@jest/globals';
import { EqualFilters } from './equal-filters.ts';

const event = { id: '1', type: 't', source: null, subject: null, time: '', data: { a: 1, b: 2 } };

test('equal filters are one and the same, however they are written, and are forgotten with their last webhook', () => {
  const filters = new EqualFilters();
  const first = filters.take('w1', '{"data.a":{"$gte":1,"$lt":5},"data.b":2}').filter;
  expect(filters.take('w2', '{ "data.b": 2, "data.a": {"$lt":5.0, "$gte":1} }').filter).toBe(first);
  const other = filters.take('w3', '{"data.a":{"$gte":1,"$lt":5},"data.b":"2"}').filter;
  expect([first(event), other(event), filters.size]).toEqual([true, false, 2]);
  filters.release('w1');
  expect(filters.size).toBe(2);
  for (const webhookId of ['w2', 'w3', 'w3', 'unknown']) filters.release(webhookId);
  expect(filters.size).toBe(0);
});

test.each(['{', '"a"', '{"id":{"$x":1}}', '['.repeat(50_000), `${'{"$not":'.repeat(5_000)}{}${'}'.repeat(5_000)}`])(
  'one that cannot be read lets nothing through and is not kept: %.20s',
  (text) => {
    const filters = new EqualFilters();
    const { filter, problem } = filters.take('w', text);
    expect([filter(event), filters.size]).toEqual([false, 0]);
    expect(problem).not.toBeNull();
    filters.release('w');
  },
);

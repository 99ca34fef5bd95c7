import { expect, test } from '@jest/globals';
import { afterResult, initialConcurrency, type Concurrency } from './concurrency.ts';

function after(results: readonly boolean[], state: Concurrency = initialConcurrency): number {
  return results.reduce((current, isOverload) => afterResult(current, isOverload, 20), state).limit;
}

const times = (count: number, isOverload: boolean) => Array.from({ length: count }, () => isOverload);

test('grows by about one per round of successes, up to the most', () => {
  expect(after(times(4, false))).toBeGreaterThan(4.9);
  expect(after(times(4, false))).toBeLessThan(5.1);
  expect(after(times(10_000, false))).toBe(20);
});

test('is halved by a sign of overload, once for a burst of them', () => {
  const grown = { limit: 16, sinceCut: 100 };
  expect(after([true], grown)).toBe(8);
  expect(after(times(8, true), grown)).toBe(8);
  expect(after(times(10, true), grown)).toBe(4);
});

test('never goes below one', () => {
  expect(after(times(1_000, true))).toBe(1);
});

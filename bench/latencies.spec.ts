import { expect, test } from '@jest/globals';
import { latenciesOf } from './latencies.ts';

test.each([
  { values: [], expected: { count: 0, p50: 0, p95: 0, p99: 0, max: 0 } },
  { values: [7], expected: { count: 1, p50: 7, p95: 7, p99: 7, max: 7 } },
  { values: [3, 1, 2], expected: { count: 3, p50: 2, p95: 3, p99: 3, max: 3 } },
  {
    values: Array.from({ length: 1_000 }, (_, index) => 999 - index),
    expected: { count: 1_000, p50: 500, p95: 950, p99: 990, max: 999 },
  },
])('$values.length values', ({ values, expected }) => {
  expect(latenciesOf(Float64Array.from(values))).toEqual(expected);
});

import { expect, test } from '@jest/globals';
import { roundedRate } from './rounded-rate.ts';

test.each([
  [null, null],
  [0, 0],
  [1, 1],
  [13 / 14, 0.9286],
  [1 / 3, 0.3333],
  [0.999999, 0.9999],
  [0.000001, 0.0001],
])('%d is %d', (rate, shown) => {
  expect(roundedRate(rate)).toBe(shown);
});

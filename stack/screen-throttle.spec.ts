import { expect, test } from '@jest/globals';
import { ScreenThrottle } from './screen-throttle.ts';

test('the same news is shown once in ten seconds, numbers aside', () => {
  const throttle = new ScreenThrottle();
  expect(throttle.mayShow('[fanout] warn: offset 12 late', 0)).toBe(true);
  expect(throttle.mayShow('[fanout] warn: offset 99 late', 9_999)).toBe(false);
  expect(throttle.mayShow('[monitor] warn: offset 12 late', 9_999)).toBe(true);
  expect(throttle.mayShow('[fanout] warn: offset 7 late', 10_000)).toBe(true);
});

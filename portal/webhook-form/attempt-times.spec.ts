import { expect, test } from '@jest/globals';
import { attemptTimes, usualPolicy } from './attempt-times.ts';

const nothing = { maxAttempts: '', baseDelayMs: '', backoffFactor: '', maxDelayMs: '' };

test('the usual policy: 5 s, 1 min, 12 min, 2.4 h, 24 h after each other', () => {
  const delays = attemptTimes(nothing, usualPolicy)?.map((at, index, all) => at - (all[index - 1] ?? 0));
  expect(delays).toEqual([0, 5_000, 60_000, 720_000, 8_640_000, 86_400_000]);
});

test.each([
  [{ ...nothing, maxAttempts: '1' }, [0]],
  [{ ...nothing, maxAttempts: '3', baseDelayMs: '1000', backoffFactor: '1' }, [0, 1000, 2000]],
  [{ ...nothing, maxAttempts: 'x' }, null],
  [{ ...nothing, maxAttempts: '0' }, null],
])('%j', (values, times) => {
  expect(attemptTimes(values, usualPolicy)).toEqual(times);
});

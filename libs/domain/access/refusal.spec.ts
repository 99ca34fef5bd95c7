import { expect, test } from '@jest/globals';
import { isPassingRefusal, isRefusal } from './refusal.ts';

const minuteMs = 60_000;
const graceMs = 15 * minuteMs;
const policy = { maxAttempts: 6, baseDelayMs: 5_000, maxDelayMs: 86_400_000, backoffFactor: 12, jitter: 0.2 };

test.each([
  [400, false],
  [401, true],
  [402, false],
  [403, true],
  [404, true],
  [405, false],
  [407, true],
  [409, false],
  [410, false],
  [413, false],
  [421, true],
  [422, false],
  [423, true],
  [451, false],
])('%i refuses as a whole: %s', (code, expected) => {
  expect(isRefusal(code)).toBe(expected);
});

test.each([
  // 5 s, 1 min and 12 min after one another, each a fifth less at the least: 10 minutes are not enough.
  [1, 60 * minuteMs, true],
  [3, 60 * minuteMs, true],
  [4, 60 * minuteMs, true],
  [5, 60 * minuteMs, false],
  // The endpoint began to refuse just now, however long the delivery was tried for other reasons.
  [5, 2 * minuteMs, true],
  [5, 15 * minuteMs, false],
  [1, null, false],
])('#3 attempt %i of a delivery, refused for %j ms: tried again: %s', (attempt, refusesForMs, expected) => {
  expect(isPassingRefusal({ graceMs, refusesForMs }, policy, attempt)).toBe(expected);
});

test('#3 without a grace refusals are final at once', () => {
  expect(isPassingRefusal({ graceMs: 0, refusesForMs: 0 }, policy, 1)).toBe(false);
});

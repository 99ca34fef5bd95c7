import { describe, expect, test } from '@jest/globals';
import { addToRate, isRateBad, rateUpTo, type RateRule, type RateWindow } from './failure-rate.ts';

const minuteMs = 60_000;
const start = Date.parse('2026-03-10T12:00:00Z');
const rule: RateRule = { part: 0.95, attemptsMin: 100, windowMs: 120 * minuteMs };
const minMs = 60 * minuteMs;

/** One attempt a minute; every `n`th is delivered. */
function attempts(fromMinute: number, minutes: number, n = Infinity) {
  return Array.from({ length: minutes }, (_, index) => ({
    startedAt: start + (fromMinute + index) * minuteMs,
    isDelivered: (index + 1) % n === 0,
  }));
}

function isBad(window: RateWindow, atMinute: number, share = 1): boolean {
  const rate = rateUpTo(start + atMinute * minuteMs, window, rule);
  return rate !== null && isRateBad(rate, rule, minMs, share);
}

describe('the rate of failures is bad', () => {
  test('when 95 of 100 attempts failed over an hour and longer, and not when 94 did', () => {
    const window = addToRate([], attempts(0, 100, 20), rule);
    expect(rateUpTo(start + 99 * minuteMs, window, rule)).toEqual({
      attempts: 100,
      failed: 95,
      failedForMs: 94 * minuteMs,
    });
    expect(isBad(window, 99)).toBe(true);
    expect(isBad(addToRate([], attempts(0, 100, 16), rule), 99)).toBe(false);
  });

  test('not of fewer attempts, however bad', () => {
    expect(isBad(addToRate([], attempts(0, 99), rule), 98)).toBe(false);
    expect(isBad(addToRate([], attempts(0, 99), rule), 98, 0.5)).toBe(true);
  });

  test('not when everything failed in less than an hour, nor when the failures before it are older than the window', () => {
    const burst = Array.from({ length: 500 }, () => attempts(0, 1)).flat();
    const before = addToRate([], attempts(-130, 1), rule);
    expect(isBad(addToRate(before, burst, rule), 0)).toBe(false);
    expect(isBad(addToRate(addToRate([], attempts(-50, 1), rule), burst, rule), 0)).toBe(false);
    expect(isBad(addToRate(addToRate([], attempts(-70, 1), rule), burst, rule), 0)).toBe(true);
  });

  test('where no least time is wanted, at once', () => {
    const rate = rateUpTo(start + 50, addToRate([], attempts(0, 1), rule), rule);
    expect(rate !== null && isRateBad(rate, { ...rule, attemptsMin: 1 }, 0)).toBe(true);
  });

  test('where the window is short, after half of it', () => {
    const short = { ...rule, attemptsMin: 10, windowMs: 24 * minuteMs };
    const window = addToRate([], attempts(0, 14), short);
    const rateAt = (minute: number) => rateUpTo(start + minute * minuteMs, window, short);
    expect([12, 13].map((minute) => isRateBad(rateAt(minute) as never, short, minMs))).toEqual([false, true]);
  });
});

test('a window is of a bounded size, in whatever order and however long attempts come', () => {
  const all = attempts(0, 3_000, 7);
  const inOrder = addToRate([], all, rule);
  const pieces = all.reduce<RateWindow>((window, attempt) => addToRate(window, [attempt], rule), []);
  expect(inOrder).toEqual(pieces);
  expect(addToRate([], all.toReversed(), rule)).toEqual(inOrder);
  expect(inOrder.length).toBeLessThanOrEqual(25);
});

test('without a rule, or without a failure, there is no rate', () => {
  expect(rateUpTo(start, [], null)).toBeNull();
  expect(rateUpTo(null, [], rule)).toBeNull();
});

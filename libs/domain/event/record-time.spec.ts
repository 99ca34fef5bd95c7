import { describe, expect, test } from '@jest/globals';
import { keptTimeOf, recordAgeMs, recordTimeOf, startOfDay } from './record-time.ts';
import { dayMs } from '../day.ts';

const now = Date.UTC(2026, 10, 30, 12);
const historyMs = 30 * dayMs;

test.each<[string, number, number | null]>([
  ['#8 0', 0, null],
  ['#8 -1', -1, null],
  ['#8 seconds', now / 1_000, now],
  ['#22 microseconds', now * 1_000 + 123, now],
  ['#22 nanoseconds', now * 1_000_000, now],
  ['milliseconds', now, now],
  ['a small number', 12_345, null],
  ['the least of 64 bits', -(2 ** 63), null],
  ['the most of 64 bits', 2 ** 63, 9_223_372_036_854],
  ['no number', NaN, null],
  ['more than all', Infinity, null],
])('a record timestamp of %s', (_name, timestamp, expected) => {
  expect(recordTimeOf(timestamp)).toBe(expected);
});

describe('the time of a record that is kept is', () => {
  test.each<[string, number, number | null]>([
    ['what it says', now - 5_000, now - 5_000],
    ['what it says, as far as the history reaches', now - historyMs, now - historyMs],
    ['none, when the history does not keep its time any more', now - historyMs - 1, null],
    ['what it says, up to a day ahead', now + dayMs, now + dayMs],
    ['none, when it says a year ahead', now + 365 * dayMs, null],
    ['none, when it does not say', -1, null],
    ['what its seconds say', Math.floor(now / 1_000) - 60, now - 60_000],
  ])('%s', (_name, timestamp, expected) => {
    expect(keptTimeOf(timestamp, now, historyMs)).toBe(expected);
  });
});

test('a day begins at midnight, UTC', () => {
  const midnight = Date.UTC(2026, 10, 30);
  expect([midnight - 1, midnight, now, midnight + dayMs - 1].map(startOfDay)).toEqual([
    midnight - dayMs,
    ...[midnight, midnight, midnight],
  ]);
});

test('nobody has waited for 56 years', () => {
  expect([0, -1, now * 1_000, now / 1_000].map((timestamp) => recordAgeMs(timestamp, now))).toEqual([0, 0, 0, 0]);
  expect(recordAgeMs(now - 250, now)).toBe(250);
});

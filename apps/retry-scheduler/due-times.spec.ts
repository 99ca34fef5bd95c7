import { describe, expect, test } from '@jest/globals';
import { retryTiers } from '../../libs/domain/delivery/retry.ts';
import { dueTimesOf } from './due-times.ts';

const now = 5_000.5;
const wallNow = Date.UTC(2026, 0, 15);
const hourMs = 3_600_000;
const [first, second] = retryTiers;
const last = retryTiers[5];

/** Milliseconds from now. */
function waits(tier: (typeof retryTiers)[number], notBeforeMs: number, writtenMs: number) {
  const record = { notBefore: wallNow + notBeforeMs, writtenAt: wallNow + writtenMs };
  const { lookAt, dueAt } = dueTimesOf(record, tier, { now, wallNow });
  return [lookAt - now, dueAt - now];
}

describe('with clocks that agree', () => {
  test.each([
    ['just written', second, 90_000, 0, 30_000, 90_000],
    ['read a little later', second, 80_000, -10_000, 20_000, 80_000],
    ['due within the tier', first, 3_000, -1_000, 3_000, 3_000],
    ['read long after it was due', second, -50_000, -150_000, -120_000, -50_000],
    ['for a day', last, 24 * hourMs, 0, 6 * hourMs, 24 * hourMs],
  ])('%s', (_name, tier, notBeforeMs, writtenMs, lookMs, dueMs) => {
    expect(waits(tier, notBeforeMs, writtenMs)).toEqual([lookMs, dueMs]);
  });
});

describe('with clocks that do not', () => {
  test.each([
    ['stamped six hours ahead', second, 6 * hourMs + 40_000, 6 * hourMs, 30_000, 40_000],
    ['passed on by a host that is right', second, 6 * hourMs + 10_000, -1_000, 29_000, 30_000],
    ['due far too late, stamped right', second, 6 * hourMs, 0, 30_000, 30_000],
    ['stamped ahead, due in time', second, 60_000, 6 * hourMs, 30_000, 60_000],
    ['a minute ahead, at the longest', second, 120_000 + 60_000, 60_000, 30_000, 120_000],
    ['for a day and six hours', last, 30 * hourMs, 6 * hourMs, 6 * hourMs, 24 * hourMs],
  ])(
    '%s, none keeps its place for longer than its tier takes',
    (_name, tier, notBeforeMs, writtenMs, lookMs, dueMs) => {
      expect(waits(tier, notBeforeMs, writtenMs)).toEqual([lookMs, dueMs]);
    },
  );
});

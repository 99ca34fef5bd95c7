import { describe, expect, test } from '@jest/globals';
import { recoveryPace } from '../health/recovery.ts';
import { drainAfter, isPaused, pausedMsBetween, pauseMsMax } from './pause.ts';

const hourMs = 3_600_000;
const never = { pausedSince: null, pausedUntil: null };
const pause = { pausedSince: 1_000, pausedUntil: 5_000 };

describe('a pause', () => {
  test.each([
    ['never', never, 2_000, false],
    ['just before its end', pause, 4_999, true],
    ['at its end', pause, 5_000, false],
  ])('holds: %s', (_, given, now, expected) => {
    expect(isPaused(given, now)).toBe(expected);
  });

  test.each([
    ['before it', 0, 900, 0],
    ['over its begin', 500, 1_500, 500],
    ['within it', 2_000, 3_000, 1_000],
    ['over all of it', 0, 9_000, 4_000],
    ['after it', 6_000, 9_000, 0],
  ])('is no part of the age of what waits: %s', (_, from, to, expected) => {
    expect(pausedMsBetween(pause, from, to)).toBe(expected);
    expect(pausedMsBetween(never, from, to)).toBe(0);
  });

  test('is followed by a growing pace for as long as it was, ten minutes at most', () => {
    const drain = drainAfter(pause);
    expect(drain).toEqual({ recoveringSince: 5_000, recoveringUntil: 9_000 });
    expect(recoveryPace(drain, 5_000)).toBe(1);
    expect(recoveryPace(drain, 8_999)).toBeGreaterThan(190);
    expect(recoveryPace(drain, 9_000)).toBeNull();
    const long = drainAfter({ pausedSince: 0, pausedUntil: 50 * hourMs });
    expect((long.recoveringUntil ?? 0) - (long.recoveringSince ?? 0)).toBe(600_000);
    expect(recoveryPace(drainAfter(never), 0)).toBeNull();
  });

  test.each([
    [72, 72],
    [1, 1],
    [500, 196],
    [720, 1],
  ])('of deliveries that are given up after %i h lasts %i h at most', (ageHours, hours) => {
    expect(pauseMsMax(ageHours * hourMs)).toBe(hours * hourMs);
  });
});

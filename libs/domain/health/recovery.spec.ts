import { expect, test } from '@jest/globals';
import { pingIntervalMs, recoveryPace, recoveryPaceMax, recoveryPaceMin } from './recovery.ts';

const start = Date.parse('2026-03-10T12:00:00Z');
const minuteMs = 60_000;
const recovering = { recoveringSince: start, recoveringUntil: start + 15 * minuteMs };

test('the pace grows from the least to the most, and then there is none to keep', () => {
  const paces = [0, 2, 5, 10, 14.9].map((minute) => recoveryPace(recovering, start + minute * minuteMs) ?? NaN);
  expect(paces[0]).toBe(recoveryPaceMin);
  expect(paces).toEqual([...paces].sort((a, b) => a - b));
  expect(paces.at(-1)).toBeLessThan(recoveryPaceMax);
  expect(recoveryPace(recovering, start + 15 * minuteMs)).toBeNull();
});

test('a clock that is behind begins slowly, a webhook that does not recover has no pace', () => {
  expect(recoveryPace(recovering, start - minuteMs)).toBe(recoveryPaceMin);
  expect(recoveryPace(recovering, start - 15 * minuteMs)).toBe(recoveryPaceMin);
  expect(recoveryPace(recovering, start - 60 * minuteMs)).toBeNull();
  expect(recoveryPace({ recoveringSince: null, recoveringUntil: null }, start)).toBeNull();
});

test.each([
  [0, 15],
  [1, 30],
  [4, 240],
  [7, 1_440],
  [1_000, 1_440],
])('after %i failed pings the next comes in %i minutes', (failedPings, minutes) => {
  expect(pingIntervalMs(15 * minuteMs, failedPings)).toBe(minutes * minuteMs);
});

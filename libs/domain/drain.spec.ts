import { expect, test } from '@jest/globals';
import { drainSeconds } from './drain.ts';
import { addAttempts, emptyWindows } from './health-window.ts';

const now = Date.parse('2026-03-10T12:30:00Z');
const delivered = (count: number, minutesAgo: number, isDelivered = true) =>
  addAttempts(
    emptyWindows,
    Array.from({ length: count }, () => ({ startedAt: now - minutesAgo * 60_000, isDelivered, latencyMs: 10 })),
  );

test.each([
  ['nothing waits', 0, emptyWindows, 0],
  ['300 in five minutes: one a second', 120, delivered(300, 1), 120],
  ['an hour ago at most', 10, delivered(36, 50), 1_000],
  ['nothing arrives', 10, delivered(300, 1, false), null],
  ['nothing is known', 10, emptyWindows, null],
])('%s', (_name, waiting, windows, seconds) => {
  expect(drainSeconds(waiting, windows, now)).toBe(seconds);
});

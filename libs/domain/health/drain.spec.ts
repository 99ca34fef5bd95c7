import { expect, test } from '@jest/globals';
import { drainSeconds } from './drain.ts';
import { addAttempts, emptyWindows } from './health-window.ts';

const now = Date.parse('2026-03-10T12:30:00Z');
const delivered = (count: number, minutesAgo: number, isDelivered = true) =>
  addAttempts(
    emptyWindows,
    Array.from({ length: count }, () => ({ startedAt: now - minutesAgo * 60_000, isDelivered, latencyMs: 10 })),
  );

/** Longer than the short window reaches. */
const longAgo = now - 3_600_000;

test.each([
  ['nothing waits', 0, null, emptyWindows, 0],
  ['300 in five minutes: one a second', 120, longAgo, delivered(300, 1), 120],
  ['an hour ago at most', 10, longAgo, delivered(36, 50), 1_000],
  ['nothing arrives', 10, longAgo, delivered(300, 1, false), null],
  ['nothing is known', 10, longAgo, emptyWindows, null],
  ['60 in the minute and a half since there is something to do', 120, now - 70_000, delivered(60, 1), 240],
  ['nothing since then, but before', 10, now - 10_000, delivered(300, 3), 10],
])('%s', (_name, count, oldestAt, windows, seconds) => {
  expect(drainSeconds({ count, oldestAt }, windows, now)).toBe(seconds);
});

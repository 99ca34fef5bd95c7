/**
 * How many of the attempts of a while failed: what a run of failures does not see, because single successes end it. In: attempts,
 * counted by the time at which they began. Out: whether nearly all failed. What must hold: few attempts say nothing, nor
 * does a moment, however many failed in it; a bounded number of counts, small enough for a row.
 */

import { pausedMsBetween, type Pause } from '../webhook/pause.ts';

export interface RateRule {
  /** Part of the attempts, 0 to 1, from which on the rate is too bad. */
  readonly part: number;
  /** With fewer attempts there is no telling. */
  readonly attemptsMin: number;
  /** How far back attempts count, in milliseconds. */
  readonly windowMs: number;
}

/** Start in Unix milliseconds, attempts that were delivered, attempts that failed. */
export type RateBucket = readonly [startMs: number, delivered: number, failed: number];
/** Oldest first. */
export type RateWindow = readonly RateBucket[];

export interface FailureRate {
  readonly attempts: number;
  readonly failed: number;
  /** From the first failure to the last at least, in milliseconds. */
  readonly failedForMs: number;
}

const bucketsPerWindow = 24;
/** With fewer a single success is news. */
const recentAttemptsMin = 5;

export interface RatedAttempt {
  readonly startedAt: number;
  readonly isDelivered: boolean;
}

/** The window with these attempts added and what is too old left out. The order of attempts does not count. */
export function addToRate(window: RateWindow, attempts: readonly RatedAttempt[], { windowMs }: RateRule): RateWindow {
  if (attempts.length === 0) return window;
  const bucketMs = windowMs / bucketsPerWindow;
  const counts = new Map(window.map(([startMs, delivered, failed]) => [startMs, { delivered, failed }]));
  for (const { startedAt, isDelivered } of attempts) {
    const startMs = Math.floor(startedAt / bucketMs) * bucketMs;
    const count = counts.get(startMs) ?? { delivered: 0, failed: 0 };
    counts.set(startMs, count);
    if (isDelivered) count.delivered += 1;
    else count.failed += 1;
  }
  const newestMs = Math.max(...counts.keys());
  return [...counts]
    .filter(([startMs]) => startMs > newestMs - windowMs)
    .sort(([a], [b]) => a - b)
    .map(([startMs, { delivered, failed }]) => [startMs, delivered, failed] as const);
}

/**
 * The rate up to the last failure; null where it is no rule, or nothing failed.
 * @param lastFailureAt begin of that attempt, Unix milliseconds
 * @param pause of its webhook: that time is no time of failing
 */
export function rateUpTo(
  lastFailureAt: number | null,
  window: RateWindow,
  rule: RateRule | null,
  pause: Partial<Pause> = {},
): FailureRate | null {
  if (rule === null || lastFailureAt === null) return null;
  const at = lastFailureAt;
  const { windowMs } = rule;
  const bucketMs = windowMs / bucketsPerWindow;
  const live = window.filter(([startMs]) => startMs > at - windowMs);
  const failing = live.filter(([, , failed]) => failed > 0);
  const failed = failing.reduce((sum, bucket) => sum + bucket[2], 0);
  const delivered = live.reduce((sum, bucket) => sum + bucket[1], 0);
  // When the first failure of a bucket was is not known: at its end at the latest.
  const firstAt = (failing[0]?.[0] ?? at) + bucketMs;
  const failedForMs = Math.max(0, at - firstAt - pausedMsBetween(pause, firstAt, at));
  return { attempts: delivered + failed, failed, failedForMs };
}

/** True when nearly all failed, of `share` of the attempts that it takes, and for as much of `minMs`. */
export function isRateBad(
  rate: FailureRate,
  { part, attemptsMin, windowMs }: RateRule,
  minMs: number,
  share = 1,
): boolean {
  if (rate.attempts < attemptsMin * share || rate.failed < rate.attempts * part) return false;
  return rate.failedForMs >= Math.min(minMs, windowMs / 2) * share;
}

/** True when most attempts of late failed, and enough of them to be no accident: in a twelfth of the window at most. */
export function isMostFailing(window: RateWindow, rule: RateRule | null): boolean {
  const newest = window.at(-1);
  if (rule === null || newest === undefined) return false;
  const late = window.filter(([startMs]) => startMs > newest[0] - (2 * rule.windowMs) / bucketsPerWindow);
  const failed = late.reduce((sum, bucket) => sum + bucket[2], 0);
  const delivered = late.reduce((sum, bucket) => sum + bucket[1], 0);
  return failed > delivered && failed + delivered >= recentAttemptsMin;
}

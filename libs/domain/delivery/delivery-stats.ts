/**
 * What attempts came to, counted for charts. In: attempts. Out: counts by webhook and five minutes, with latencies in a
 * histogram of few slots, so that they add up to any stretch of time. Holds: adding is all that is ever done, what is
 * withdrawn counts below zero, so the order of attempts leaves no trace.
 */
import type { TimeShares } from './delivery-age.ts';
import type { OutcomeStatus } from './outcome.ts';

/** Width of a stored bucket. */
export const statsBucketMs = 300_000;

/** Upper bounds of the slots of the histogram in milliseconds; one more slot holds what is longer. */
export const latencySlotsMs = [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480] as const;
const longestMs = 40_960;

export interface StatsAttempt extends TimeShares {
  readonly clientId: string;
  readonly webhookId: string;
  readonly status: OutcomeStatus;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Null when no POST was made. */
  readonly latencyMs: number | null;
  /** True: what the same attempt was counted as before, to be taken back. */
  readonly isWithdrawn?: boolean;
}

export interface AttemptCounts extends TimeShares {
  readonly delivered: number;
  readonly failedRetryable: number;
  readonly failedPermanent: number;
  /** One for each slot of {@link latencySlotsMs}, and the last. */
  readonly latencies: readonly number[];
}

export interface StatsBucket extends AttemptCounts {
  readonly clientId: string;
  readonly webhookId: string;
  /** Unix milliseconds. */
  readonly start: number;
}

export const noAttempts: AttemptCounts = {
  delivered: 0,
  failedRetryable: 0,
  failedPermanent: 0,
  latencies: Array.from({ length: latencySlotsMs.length + 1 }, () => 0),
  oursMs: 0,
  theirsMs: 0,
};

/** Buckets in the order of client, time, webhook. */
export function statsBuckets(attempts: readonly StatsAttempt[]): StatsBucket[] {
  const buckets = new Map<string, StatsBucket>();
  for (const attempt of attempts) {
    const { clientId, webhookId } = attempt;
    const start = Math.floor(attempt.startedAt / statsBucketMs) * statsBucketMs;
    const key = `${start} ${webhookId}`;
    const bucket = buckets.get(key) ?? { clientId, webhookId, start, ...noAttempts };
    buckets.set(key, { ...bucket, ...addCounts(bucket, countsOf(attempt)) });
  }
  return [...buckets.values()].sort(
    (a, b) => compareText(a.clientId, b.clientId) || a.start - b.start || compareText(a.webhookId, b.webhookId),
  );
}

export function addCounts(a: AttemptCounts, b: AttemptCounts): AttemptCounts {
  return {
    delivered: a.delivered + b.delivered,
    failedRetryable: a.failedRetryable + b.failedRetryable,
    failedPermanent: a.failedPermanent + b.failedPermanent,
    latencies: a.latencies.map((count, slot) => count + (b.latencies[slot] ?? 0)),
    oursMs: a.oursMs + b.oursMs,
    theirsMs: a.theirsMs + b.theirsMs,
  };
}

/** In milliseconds, interpolated within a slot; null without a measured attempt. */
export function latencyPercentiles(
  latencies: readonly number[],
): { readonly p50: number; readonly p95: number; readonly p99: number } | null {
  const total = latencies.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const at = (part: number) => {
    let below = 0;
    for (const [slot, count] of latencies.entries()) {
      if (count > 0 && below + count >= part * total) {
        const from = slot === 0 ? 0 : (latencySlotsMs[slot - 1] ?? 0);
        const to = latencySlotsMs[slot] ?? longestMs;
        return Math.round(from + ((part * total - below) / count) * (to - from));
      }
      below += count;
    }
    return longestMs;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function countsOf({ status, latencyMs, oursMs, theirsMs, isWithdrawn = false }: StatsAttempt): AttemptCounts {
  const slot = latencyMs === null ? -1 : slotOf(latencyMs);
  const one = isWithdrawn ? -1 : 1;
  return {
    delivered: status === 'delivered' ? one : 0,
    failedRetryable: status === 'failed_retryable' ? one : 0,
    failedPermanent: status === 'failed_permanent' ? one : 0,
    latencies: noAttempts.latencies.map((_, index) => (index === slot ? one : 0)),
    oursMs: one * oursMs,
    theirsMs: one * theirsMs,
  };
}

function slotOf(latencyMs: number): number {
  const slot = latencySlotsMs.findIndex((bound) => latencyMs <= bound);
  return slot < 0 ? latencySlotsMs.length : slot;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Success rate and latency percentiles over the last 5 minutes, hour and day, small enough to live in one row:
 * counts and a logarithmic histogram for each bucket of time, about 2 KiB for a busy webhook.
 */

/** Start in Unix milliseconds, attempts delivered, attempts failed, latencies as pairs (histogram slot, count). */
export type HealthBucket = readonly [startMs: number, delivered: number, failed: number, latencies: readonly number[]];

export type HealthWindowName = '5m' | '1h' | '24h';
/** Buckets of each window, oldest first. */
export type HealthWindows = Readonly<Record<HealthWindowName, readonly HealthBucket[]>>;

export interface WindowSummary {
  readonly attempts: number;
  /** Part of the attempts that were delivered, 0 to 1; null without attempts. */
  readonly successRate: number | null;
  /** Milliseconds, to within 10 %; null without a measured attempt. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
}

const windowSpecs: Readonly<Record<HealthWindowName, { spanMs: number; bucketMs: number }>> = {
  '5m': { spanMs: 300_000, bucketMs: 60_000 },
  '1h': { spanMs: 3_600_000, bucketMs: 300_000 },
  '24h': { spanMs: 86_400_000, bucketMs: 7_200_000 },
};
export const healthWindowNames = ['5m', '1h', '24h'] as const satisfies readonly HealthWindowName[];

export function windowSpanMs(name: HealthWindowName): number {
  return windowSpecs[name].spanMs;
}

export const emptyWindows: HealthWindows = { '5m': [], '1h': [], '24h': [] };

/** Each slot of the histogram is this much wider than the one before. */
const slotFactor = 1.2;

export interface MeasuredAttempt {
  readonly startedAt: number;
  readonly isDelivered: boolean;
  readonly latencyMs: number | null;
}

/** The windows with these attempts added and what is too old left out. The order of attempts does not count. */
export function addAttempts(windows: HealthWindows, attempts: readonly MeasuredAttempt[]): HealthWindows {
  return {
    '5m': addToWindow('5m', windows['5m'], attempts),
    '1h': addToWindow('1h', windows['1h'], attempts),
    '24h': addToWindow('24h', windows['24h'], attempts),
  };
}

function addToWindow(
  name: HealthWindowName,
  buckets: readonly HealthBucket[],
  attempts: readonly MeasuredAttempt[],
): readonly HealthBucket[] {
  const { spanMs, bucketMs } = windowSpecs[name];
  const byStart = new Map(
    buckets.map(([startMs, delivered, failed, latencies]) => [
      startMs,
      { delivered, failed, slots: slotsOf([latencies]) },
    ]),
  );
  for (const attempt of attempts) {
    const startMs = Math.floor(attempt.startedAt / bucketMs) * bucketMs;
    const bucket = byStart.get(startMs) ?? { delivered: 0, failed: 0, slots: new Map<number, number>() };
    byStart.set(startMs, bucket);
    if (attempt.isDelivered) bucket.delivered += 1;
    else bucket.failed += 1;
    if (attempt.latencyMs !== null) {
      const slot = slotOf(attempt.latencyMs);
      bucket.slots.set(slot, (bucket.slots.get(slot) ?? 0) + 1);
    }
  }
  const newestMs = Math.max(...byStart.keys());
  return [...byStart]
    .filter(([startMs]) => startMs >= newestMs - spanMs)
    .sort(([a], [b]) => a - b)
    .map(([startMs, { delivered, failed, slots }]) => [startMs, delivered, failed, [...slots].flat()] as const);
}

/** What a window says at `now`. */
export function summarizeWindow(windows: HealthWindows, name: HealthWindowName, now: number): WindowSummary {
  const { spanMs, bucketMs } = windowSpecs[name];
  const live = windows[name].filter(([startMs]) => startMs + bucketMs > now - spanMs);
  const delivered = live.reduce((sum, bucket) => sum + bucket[1], 0);
  const attempts = live.reduce((sum, bucket) => sum + bucket[1] + bucket[2], 0);
  return {
    attempts,
    successRate: attempts === 0 ? null : delivered / attempts,
    latencyMs: percentiles(slotsOf(live.map((bucket) => bucket[3]))),
  };
}

/** What was delivered from the minute on in which `since` lies, and how long that is. */
export function deliveredSince(
  windows: HealthWindows,
  since: number,
  now: number,
): { readonly delivered: number; readonly spanMs: number } {
  const { bucketMs } = windowSpecs['5m'];
  const fromMs = Math.floor(since / bucketMs) * bucketMs;
  const buckets = windows['5m'].filter(([startMs]) => startMs >= fromMs);
  return { delivered: buckets.reduce((sum, bucket) => sum + bucket[1], 0), spanMs: now - fromMs };
}

function percentiles(slots: ReadonlyMap<number, number>): WindowSummary['latencyMs'] {
  const sorted = [...slots].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const at = (part: number) => {
    let seen = 0;
    for (const [slot, count] of sorted) {
      seen += count;
      if (seen >= part * total) return latencyOf(slot);
    }
    return latencyOf(sorted.at(-1)?.[0] ?? 0);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function slotsOf(lists: readonly (readonly number[])[]): Map<number, number> {
  const slots = new Map<number, number>();
  for (const list of lists) {
    for (let at = 0; at + 1 < list.length; at += 2) {
      const slot = list[at] ?? 0;
      slots.set(slot, (slots.get(slot) ?? 0) + (list[at + 1] ?? 0));
    }
  }
  return slots;
}

function slotOf(latencyMs: number): number {
  return latencyMs <= 1 ? 0 : Math.ceil(Math.log(latencyMs) / Math.log(slotFactor));
}

/** The middle of a slot. */
function latencyOf(slot: number): number {
  return slot === 0 ? 1 : Math.round(slotFactor ** (slot - 0.5));
}

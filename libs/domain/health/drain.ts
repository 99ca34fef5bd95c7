/** How long what waits for a webhook will take at the rate of late. */
import { deliveredSince, summarizeWindow, windowSpanMs, type HealthWindows } from './health-window.ts';

export interface Waiting {
  readonly count: number;
  /** Unix milliseconds since when the oldest of them waits; null when none does. */
  readonly oldestAt: number | null;
}

/**
 * Seconds until nothing waits any more; null when nothing was delivered of late, so that there is no telling. An
 * estimate: what waits for a time that is set (a retry, a Retry-After) takes longer.
 */
export function drainSeconds({ count, oldestAt }: Waiting, windows: HealthWindows, now: number): number | null {
  if (count === 0) return 0;
  // A webhook that had nothing to do until a moment ago is as quick as it was since then, not as in the minutes before.
  if (oldestAt !== null && oldestAt > now - windowSpanMs('5m') && oldestAt < now) {
    const { delivered, spanMs } = deliveredSince(windows, oldestAt, now);
    if (delivered > 0) return secondsFor(count, delivered, spanMs);
  }
  // The short window knows the present pace; the hour speaks when there was none.
  for (const name of ['5m', '1h'] as const) {
    const { attempts, successRate } = summarizeWindow(windows, name, now);
    const delivered = attempts * (successRate ?? 0);
    if (delivered > 0) return secondsFor(count, delivered, windowSpanMs(name));
  }
  return null;
}

function secondsFor(count: number, delivered: number, spanMs: number): number {
  return Math.ceil((count * spanMs) / (delivered * 1_000));
}

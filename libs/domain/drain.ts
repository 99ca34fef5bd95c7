/** How long what waits for a webhook will take at the rate of late. */
import { summarizeWindow, windowSpanMs, type HealthWindows } from './health-window.ts';

/**
 * Seconds until nothing waits any more; null when nothing was delivered of late, so that there is no telling. An
 * estimate: what waits for a time that is set (a retry, a Retry-After) takes longer.
 */
export function drainSeconds(waiting: number, windows: HealthWindows, now: number): number | null {
  if (waiting === 0) return 0;
  // The short window knows the present pace; the hour speaks when there was none.
  for (const name of ['5m', '1h'] as const) {
    const { attempts, successRate } = summarizeWindow(windows, name, now);
    const delivered = attempts * (successRate ?? 0);
    if (delivered > 0) return Math.ceil((waiting * windowSpanMs(name)) / (delivered * 1_000));
  }
  return null;
}

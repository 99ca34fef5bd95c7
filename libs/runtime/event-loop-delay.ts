/**
 * How long single steps of work keep everything else in the process waiting: heartbeats, timers, answers. Measured inside
 * the event loop (perf_hooks), so it costs a timer of libuv and one observation a second.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HistogramMetric } from './metrics.ts';

const resolutionMs = 20;
const observeEveryMs = 1_000;
export const loopDelayBucketsMs = [5, 10, 20, 30, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 10_000, 30_000];

/** Observes the longest delay of each second, so how often the process is scraped makes no difference. */
export function watchEventLoop(histogram: HistogramMetric): void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const observe = () => {
    // The timer's own period is part of what perf_hooks records.
    if (delays.count > 0) histogram.observe(Math.max(0, delays.max / 1e6 - resolutionMs));
    delays.reset();
  };
  setInterval(observe, observeEveryMs).unref();
}

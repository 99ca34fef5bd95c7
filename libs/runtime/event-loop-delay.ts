/**
 * How long single steps of work keep everything else in the process waiting: heartbeats, timers, answers. Measured inside
 * the event loop (perf_hooks) by a timer of libuv, and observed once a second. The timer is what wakes up a process that rests, so it is
 * a slow one then: a step is told too short by its period at most.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { HistogramMetric } from './metrics.ts';

const busyMs = 20;
const restingMs = 100;
/** Of the second before, that was spent at work. */
const restingShare = 0.05;
const observeEveryMs = 1_000;
export const loopDelayBucketsMs = [5, 10, 20, 30, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 10_000, 30_000];

/** Of the timer, in milliseconds. */
export function periodMsFor(busyShare: number): number {
  return busyShare < restingShare ? restingMs : busyMs;
}

/** Observes the longest delay of each second, so how often the process is scraped makes no difference. */
export function watchEventLoop(histogram: HistogramMetric): void {
  const timerOf = (periodMs: number) => ({ periodMs, delays: monitorEventLoopDelay({ resolution: periodMs }) });
  const [busy, resting] = [timerOf(busyMs), timerOf(restingMs)];
  let timer = busy;
  timer.delays.enable();
  let before = performance.eventLoopUtilization();
  const observe = () => {
    const { periodMs, delays } = timer;
    // The timer's own period is part of what perf_hooks records.
    if (delays.count > 0) histogram.observe(Math.max(0, delays.max / 1e6 - periodMs));
    delays.reset();
    const now = performance.eventLoopUtilization();
    const wantedMs = periodMsFor(performance.eventLoopUtilization(now, before).utilization);
    before = now;
    if (wantedMs === periodMs) return;
    delays.disable();
    timer = timer === busy ? resting : busy;
    timer.delays.enable();
  };
  setInterval(observe, observeEveryMs).unref();
}

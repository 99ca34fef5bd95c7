/**
 * Something that costs to be read, read again and again and kept. In: how to read it. Out: what it was lately. Holds: whoever
 * looks at it reads nothing, however often; it is read once at a time, and rests far longer than reading took; what could
 * not be read is not known.
 */
import type { GaugeMetric } from './metrics.ts';
import { monotonicMs } from './monotonic.ts';

export interface SampledOptions<T> {
  readonly read: () => Promise<T>;
  /** Between two, at least. */
  readonly everyMs: number;
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
  readonly later?: (work: () => void, ms: number) => () => void;
}

/** Of all time, reading has a part in so many. */
const restsMin = 20;

export class Sampled<T> {
  private readonly options: Required<SampledOptions<T>>;
  private isStopped = false;
  private cancel: (() => void) | null = null;
  private latest: T | null = null;

  constructor(options: SampledOptions<T>) {
    this.options = { now: monotonicMs, later: unheldTimer, ...options };
  }

  /** Null: not read yet, or not when it was tried last. */
  get value(): T | null {
    return this.latest;
  }

  start(): void {
    void this.sample();
  }

  stop(): void {
    this.isStopped = true;
    this.cancel?.();
  }

  private async sample(): Promise<void> {
    const { read, everyMs, onFailure, now, later } = this.options;
    const begunAt = now();
    try {
      this.latest = await read();
    } catch (error) {
      this.latest = null;
      if (!this.isStopped) onFailure(error);
    }
    if (this.isStopped) return;
    this.cancel = later(() => void this.sample(), Math.max(everyMs, restsMin * (now() - begunAt)));
  }
}

/** For a gauge: what cannot be read is not shown, because an old number would look like a new one. */
export function shownWhenKnown<T>(
  sample: Sampled<T>,
  show: (gauge: GaugeMetric, value: T) => void,
): (gauge: GaugeMetric) => void {
  return (gauge) => {
    if (sample.value === null) gauge.clear();
    else show(gauge, sample.value);
  };
}

function unheldTimer(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms).unref();
  return () => {
    clearTimeout(timer);
  };
}

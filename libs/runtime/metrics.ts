/** Metrics of one process, in the Prometheus text format. Names get the prefix `webhooks_`; label sets are bounded. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The design names some metrics with the word webhooks in front; they do not get it twice. */
function prefixed(name: string): string {
  return name.startsWith('webhooks_') ? name : `webhooks_${name}`;
}

/** One label set of a counter, for what is counted so often that looking for it each time would be felt. */
export interface Count {
  add(by: number): void;
}
export interface CounterMetric {
  inc(labels?: Record<string, string>, by?: number): void;
  /** To be kept by whoever counts. */
  of(labels: Record<string, string>): Count;
  /** Shows 0 for label sets that are known beforehand: Prometheus does not see the first step of one that appears with it. */
  zero(labels: readonly Record<string, string>[]): void;
}
export interface GaugeMetric {
  set(value: number, labels?: Record<string, string>): void;
  /** Forgets every label set: what is not set again is not shown any more. */
  clear(): void;
}
export interface HistogramMetric {
  observe(value: number, labels?: Record<string, string>): void;
}

class Tally implements Count {
  private sum = 0;
  private readonly inc: (by: number) => void;

  constructor(inc: (by: number) => void) {
    this.inc = inc;
  }

  add(by: number): void {
    this.sum += by;
  }

  flush(): void {
    if (this.sum > 0) this.inc(this.sum);
    this.sum = 0;
  }
}

export class Metrics {
  private readonly registry = new Registry();
  private readonly tallies: Tally[] = [];

  constructor(app: string) {
    this.registry.setDefaultLabels({ app });
    collectDefaultMetrics({ register: this.registry });
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): CounterMetric {
    const counter = new Counter({
      name: prefixed(name),
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
    return {
      inc: (labels = {}, by = 1) => {
        counter.inc(labels, by);
      },
      of: (labels) => {
        const tally = new Tally((by) => {
          counter.inc(labels, by);
        });
        this.tallies.push(tally);
        return tally;
      },
      zero: (sets) => {
        for (const labels of sets) counter.inc(labels, 0);
      },
    };
  }

  /** `read`, when given, is asked at each scrape. */
  gauge(
    name: string,
    help: string,
    labelNames: readonly string[] = [],
    read?: (gauge: GaugeMetric) => void | Promise<void>,
  ): GaugeMetric {
    const gauge: Gauge = new Gauge({
      name: prefixed(name),
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      ...(read === undefined ? {} : { collect: () => read(metric) }),
    });
    const metric: GaugeMetric = {
      set: (value, labels = {}) => {
        gauge.set(labels, value);
      },
      clear: () => {
        // Without labels, a reset would leave a 0.
        if (labelNames.length === 0) gauge.remove();
        else gauge.reset();
      },
    };
    return metric;
  }

  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = [],
  ): HistogramMetric {
    const histogram = new Histogram({
      name: prefixed(name),
      help,
      buckets: [...buckets],
      labelNames: [...labelNames],
      registers: [this.registry],
    });
    return {
      observe: (value, labels = {}) => {
        histogram.observe(labels, value);
      },
    };
  }

  /** Content type of {@link text}. */
  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    for (const tally of this.tallies) tally.flush();
    return this.registry.metrics();
  }
}

/** Bounds a label whose values come from outside: after `max` different values, the rest is `other`. */
export class BoundedLabel {
  private readonly seen = new Set<string>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  of(value: string): string {
    if (this.seen.has(value)) return value;
    if (this.seen.size >= this.max) return 'other';
    this.seen.add(value);
    return value;
  }
}

/** First and last characters of an id: enough to recognise, too little to name. */
export function maskedId(id: string): string {
  return id.length <= 8 ? '****' : `${id.slice(0, 4)}…${id.slice(-4)}`;
}

/**
 * Metrics of one process, in the Prometheus text format. Names get the prefix `webhooks_`; label sets are bounded; units are
 * seconds and bytes, as Prometheus wants them.
 */
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

/** How metrics are declared. */
export type Declarations = Pick<Metrics, 'counter' | 'gauge' | 'histogram'>;

export class Metrics {
  /** Those whose values are measured in milliseconds: they are told in seconds, and their names end so. */
  readonly ms: Declarations;
  /** Tells them a second time, under the names and in the milliseconds of before 0.2. */
  hasOldNames = false;
  private readonly registry = new Registry();
  private readonly tallies: Tally[] = [];
  private readonly ofMs = new Set<string>();

  constructor(app: string) {
    this.registry.setDefaultLabels({ app });
    collectDefaultMetrics({ register: this.registry });
    this.ms = inSeconds(this, (name) => this.ofMs.add(prefixed(name)));
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

  async text(): Promise<string> {
    for (const tally of this.tallies) tally.flush();
    const text = await this.registry.metrics();
    return this.hasOldNames ? `${text}${underOldNames(text, this.ofMs)}` : text;
  }
}

/** Declares metrics whose users speak of milliseconds. */
function inSeconds(metrics: Declarations, declared: (name: string) => void): Declarations {
  const gaugeOf = (gauge: GaugeMetric): GaugeMetric => ({
    set: (ms, labels) => {
      gauge.set(ms / 1_000, labels);
    },
    clear: () => {
      gauge.clear();
    },
  });
  return {
    counter: (name, help, labelNames) => {
      declared(name);
      const counter = metrics.counter(name, help, labelNames);
      return {
        inc: (labels, ms = 1) => {
          counter.inc(labels, ms / 1_000);
        },
        of: (labels) => {
          const count = counter.of(labels);
          return {
            add: (ms) => {
              count.add(ms / 1_000);
            },
          };
        },
        zero: (sets) => {
          counter.zero(sets);
        },
      };
    },
    gauge: (name, help, labelNames, read) => {
      declared(name);
      return gaugeOf(metrics.gauge(name, help, labelNames, read && ((gauge) => read(gaugeOf(gauge)))));
    },
    histogram: (name, help, bucketsMs, labelNames) => {
      declared(name);
      const buckets = bucketsMs.map((ms) => ms / 1_000);
      const histogram = metrics.histogram(name, help, buckets, labelNames);
      return {
        observe: (ms, labels) => {
          histogram.observe(ms / 1_000, labels);
        },
      };
    },
  };
}

/** In: the text of a scrape, and what in it is of milliseconds. Out: these once more, as they were called and counted before. */
function underOldNames(text: string, names: ReadonlySet<string>): string {
  const inMs = (seconds: string) =>
    /^-?[\d.]/.test(seconds) ? String(Number((Number(seconds) * 1_000).toPrecision(12))) : seconds;
  const blocks = text.split('\n\n').flatMap((block) => {
    const name = /^# HELP (\S+)/.exec(block)?.[1] ?? '';
    if (!names.has(name)) return [];
    const lines = block.split('\n').map((line) => {
      const renamed = line.replace(name, name.replace('_seconds', '_ms'));
      if (line.startsWith('#')) return renamed;
      const bounded = renamed.replace(/(?<=\{(?:.*,)?le=")[^"]+/, inMs);
      const isCount = line.startsWith(`${name}_bucket`) || line.startsWith(`${name}_count`);
      return isCount ? bounded : bounded.replace(/(?<= )\S+$/, inMs);
    });
    return [`${lines.join('\n').trimEnd()}\n\n`];
  });
  return blocks.join('');
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

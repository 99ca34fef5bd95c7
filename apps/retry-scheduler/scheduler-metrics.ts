/** What the retry scheduler tells Prometheus. */
import type { RetryTierName } from '../../libs/domain/retry.ts';
import type { Metrics } from '../../libs/runtime/metrics.ts';

const latenessBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 60_000];

export interface SchedulerGauges {
  waiting(): { readonly all: number; readonly held: number; readonly heldBytes: number };
  lag(): ReadonlyMap<string, number>;
}

export class SchedulerMetrics {
  private readonly lateness;
  private readonly hops;
  private readonly unreadable;
  private readonly metrics: Metrics;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.lateness = metrics.histogram(
      'retry_lateness_ms',
      'From due to acknowledged, back in its lane',
      latenessBucketsMs,
    );
    this.hops = metrics.counter('retry_hops_total', 'Retries that went on to wait in another tier', ['tier']);
    this.unreadable = metrics.counter('undecodable_records_total', 'Records set aside unread', ['topic']);
  }

  /** Gauges that are asked at each scrape. */
  watch(gauges: SchedulerGauges): void {
    this.metrics.gauge('retries_waiting', 'Retries in memory; the others wait in Kafka', [], (gauge) => {
      gauge.set(gauges.waiting().all);
    });
    this.metrics.gauge('retries_held_bytes', 'Bytes of what is kept for its last stretch', [], (gauge) => {
      gauge.set(gauges.waiting().heldBytes);
    });
    this.metrics.gauge('consumer_lag', 'Records behind the end of a partition', ['partition'], (gauge) => {
      for (const [partition, lag] of gauges.lag()) gauge.set(lag, { partition });
    });
  }

  putBack(lateMs: number): void {
    this.lateness.observe(Math.max(0, lateMs));
  }

  hopped(tier: RetryTierName): void {
    this.hops.inc({ tier });
  }

  setAside(topic: string): void {
    this.unreadable.inc({ topic });
  }
}

/** What the retry scheduler tells Prometheus. */
import { retryTiers, type RetryTierName } from '../../libs/domain/delivery/retry.ts';
import { watchLag } from '../../libs/kafka/consumer/consumer-lag.ts';
import { watchUnacknowledged, type Unacknowledged } from '../../libs/kafka/producer/unacknowledged.ts';
import type { Metrics } from '../../libs/runtime/metrics.ts';
import { retryTopic, topicName } from '../../libs/wire/topics.ts';

const latenessBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 60_000];

export interface SchedulerGauges {
  waiting(): { readonly all: number; readonly held: number; readonly heldBytes: number };
  /** How late the earliest in memory is, or the reading of a partition, in milliseconds; 0 while none is. */
  pastDueMs(): number;
  unacknowledged(): Unacknowledged;
  lag(): ReadonlyMap<string, number>;
}

export class SchedulerMetrics {
  private readonly lateness;
  private readonly hops;
  private readonly unreadable;
  private readonly metrics: Metrics;

  /** @param prefix of topics: what is counted by topic begins at 0 for each that it reads */
  constructor(metrics: Metrics, prefix: string) {
    this.metrics = metrics;
    const read = retryTiers.map(({ name }) => topicName(prefix, retryTopic(name)));
    this.lateness = metrics.ms.histogram(
      'retry_lateness_seconds',
      'From due to acknowledged, back in its lane',
      latenessBucketsMs,
    );
    this.hops = metrics.counter('retry_hops_total', 'Retries that were moved to another tier', ['tier']);
    this.hops.zero(retryTiers.map(({ name }) => ({ tier: name })));
    this.unreadable = metrics.counter('undecodable_records_total', 'Records set aside because they cannot be decoded', [
      'topic',
    ]);
    this.unreadable.zero(read.map((topic) => ({ topic })));
  }

  /** Gauges that are asked at each scrape. */
  watch(gauges: SchedulerGauges): void {
    this.metrics.gauge('retries_waiting', 'Retries in memory; the others wait in Kafka', [], (gauge) => {
      gauge.set(gauges.waiting().all);
    });
    this.metrics.gauge('retries_held_bytes', 'Bytes of retries that wait in memory until they are due', [], (gauge) => {
      gauge.set(gauges.waiting().heldBytes);
    });
    this.metrics.ms.gauge(
      'retry_past_due_seconds',
      'How late the earliest retry in memory is, or the reading of a tier that has more',
      [],
      (gauge) => {
        gauge.set(gauges.pastDueMs());
      },
    );
    watchLag(this.metrics, () => gauges.lag());
    watchUnacknowledged(this.metrics, () => gauges.unacknowledged());
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

/** What a producer has not got rid of yet, as it tells Prometheus at each scrape. */
import type { Metrics } from '../../runtime/metrics.ts';

export interface Unacknowledged {
  readonly records: number;
  readonly bytes: number;
}

export function watchUnacknowledged(metrics: Metrics, waiting: () => Unacknowledged): void {
  metrics.gauge('unacknowledged_records', 'Records that Kafka has not acknowledged yet', [], (gauge) => {
    gauge.set(waiting().records);
  });
  metrics.gauge('unacknowledged_bytes', 'Bytes of these', [], (gauge) => {
    gauge.set(waiting().bytes);
  });
}

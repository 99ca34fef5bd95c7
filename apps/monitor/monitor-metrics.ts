/** What the monitor counts. */
import { watchLag } from '../../libs/kafka/consumer-lag.ts';
import type { HousekeepingReport } from '../../libs/postgres/housekeeping.ts';
import type { DisabledWebhook } from '../../libs/postgres/health-store.ts';
import type { CounterMetric, GaugeMetric, Metrics } from '../../libs/runtime/metrics.ts';

export class MonitorMetrics {
  private readonly metrics: Metrics;
  private readonly outcomes: CounterMetric;
  private readonly deactivated: CounterMetric;
  private readonly undecodable: CounterMetric;
  private readonly housekeepings: CounterMetric;
  private readonly partitionsMade: CounterMetric;
  private readonly partitionsDropped: CounterMetric;
  private readonly lastHousekeeping: GaugeMetric;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.outcomes = metrics.counter('outcomes_observed_total', 'Outcomes that went into the health of a webhook');
    this.deactivated = metrics.counter(
      'webhooks_deactivated_due_to_failure_total',
      'Webhooks that the monitor disabled',
      ['disabled_by'],
    );
    this.deactivated.zero([{ disabled_by: 'failures' }, { disabled_by: 'gone' }]);
    this.undecodable = metrics.counter('undecodable_records_total', 'Records set aside unread', ['topic']);
    this.housekeepings = metrics.counter('housekeeping_runs_total', 'Runs of housekeeping', ['result']);
    this.housekeepings.zero([{ result: 'done' }, { result: 'elsewhere' }, { result: 'failed' }]);
    this.partitionsMade = metrics.counter('history_partitions_created_total', 'Day partitions made');
    this.partitionsDropped = metrics.counter('history_partitions_dropped_total', 'Day partitions dropped');
    this.lastHousekeeping = metrics.gauge(
      'housekeeping_last_success_seconds',
      'When housekeeping last went well, Unix time',
    );
  }

  observed(outcomes: number): void {
    this.outcomes.inc({}, outcomes);
  }

  disabled({ by }: DisabledWebhook): void {
    this.deactivated.inc({ disabled_by: by });
  }

  setAside(topic: string): void {
    this.undecodable.inc({ topic });
  }

  /** @param report null when another monitor did it */
  kept(report: HousekeepingReport | null, now: number): void {
    this.housekeepings.inc({ result: report === null ? 'elsewhere' : 'done' });
    this.lastHousekeeping.set(Math.floor(now / 1_000));
    if (report === null) return;
    this.partitionsMade.inc({}, report.created.length);
    this.partitionsDropped.inc({}, report.dropped.length);
  }

  housekeepingFailed(): void {
    this.housekeepings.inc({ result: 'failed' });
  }

  watchLag(lag: () => ReadonlyMap<string, number>): void {
    watchLag(this.metrics, lag);
  }
}

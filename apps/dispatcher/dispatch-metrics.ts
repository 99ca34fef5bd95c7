/** What the dispatcher tells Prometheus. Label sets are bounded: masked ids, a hundred event types, status groups. */
import type { AttemptResult } from '../../libs/domain/attempt.ts';
import type { Delivery, ParkedReason } from '../../libs/domain/delivery.ts';
import type { Settlement } from '../../libs/domain/settle.ts';
import { BoundedLabel, maskedId, type Metrics } from '../../libs/runtime/metrics.ts';

const latencyBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];
const ageBucketsMs = [5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000, 300_000, 3_600_000, 86_400_000];

export interface DispatchGauges {
  inFlight(): number;
  queued(): number;
  parkedWebhooks(): number;
  webhooks(): number;
  oldestQueuedAgeMs(): number;
  lag(): ReadonlyMap<string, number>;
}

export class DispatchMetrics {
  private readonly webhookLabel = new BoundedLabel(200);
  private readonly typeLabel = new BoundedLabel(100);
  private readonly attempts;
  private readonly latency;
  private readonly age;
  private readonly retries;
  private readonly parkedRecords;
  private readonly breakerChanges;
  private readonly undecodableRecords;
  private readonly metrics: Metrics;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.attempts = metrics.counter('delivery_attempts_total', 'Attempts by what came back', [
      'webhook_id_masked',
      'event_type',
      'http_status_code_group',
    ]);
    this.latency = metrics.histogram(
      'delivery_latency_ms',
      'From the start of an attempt to its end',
      latencyBucketsMs,
    );
    this.age = metrics.histogram('delivery_age_ms', 'From the event on Kafka to its delivery', ageBucketsMs);
    this.retries = metrics.counter('retries_scheduled_total', 'Attempts that will be made again', ['tier']);
    this.parkedRecords = metrics.counter('deliveries_parked_total', 'Deliveries moved to the parked lane', ['reason']);
    this.breakerChanges = metrics.counter('circuit_breaker_state_changed_total', 'Changes of a breaker', [
      'host',
      'new_state',
    ]);
    this.undecodableRecords = metrics.counter('undecodable_records_total', 'Records set aside unread', ['topic']);
  }

  /** Gauges that are asked at each scrape. */
  watch(gauges: DispatchGauges): void {
    this.metrics.gauge('deliveries_in_flight', 'Attempts under way', [], (gauge) => {
      gauge.set(gauges.inFlight());
    });
    this.metrics.gauge('deliveries_queued', 'Deliveries in memory', [], (gauge) => {
      gauge.set(gauges.queued());
    });
    this.metrics.gauge('parked_webhooks', 'Webhooks with parked deliveries', [], (gauge) => {
      gauge.set(gauges.parkedWebhooks());
    });
    this.metrics.gauge('known_webhooks', 'Webhooks in the table of the dispatcher', [], (gauge) => {
      gauge.set(gauges.webhooks());
    });
    this.metrics.gauge('queue_age_ms', 'Age of the oldest delivery in memory', [], (gauge) => {
      gauge.set(gauges.oldestQueuedAgeMs());
    });
    this.metrics.gauge('consumer_lag', 'Records behind the end of a partition', ['partition'], (gauge) => {
      for (const [partition, lag] of gauges.lag()) gauge.set(lag, { partition });
    });
  }

  settled({ outcome, followUp }: Settlement, delivery: Delivery): void {
    if (outcome.latencyMs !== null) this.latency.observe(outcome.latencyMs);
    if (outcome.status === 'delivered' && delivery.kind === 'event') {
      this.age.observe(Math.max(0, outcome.startedAt + (outcome.latencyMs ?? 0) - delivery.createdAt));
    }
    if (followUp.kind === 'retry') this.retries.inc({ tier: followUp.tier });
  }

  attempted(webhookId: string, eventType: string, result: AttemptResult): void {
    this.attempts.inc({
      webhook_id_masked: this.webhookLabel.of(maskedId(webhookId)),
      event_type: this.typeLabel.of(eventType),
      http_status_code_group: groupOf(result),
    });
  }

  parked(reason: ParkedReason, count: number): void {
    this.parkedRecords.inc({ reason }, count);
  }

  breakerChanged(host: string, state: string): void {
    this.breakerChanges.inc({ host: this.webhookLabel.of(host), new_state: state });
  }

  undecodable(): void {
    this.undecodableRecords.inc({ topic: 'webhook.deliveries' });
  }
}

function groupOf(result: AttemptResult): string {
  if (result.kind === 'answer') return `${Math.floor(result.code / 100)}xx`;
  if (result.errorKind === 'timeout') return 'timeout';
  if (result.errorKind === 'refused-address') return 'refused';
  return result.errorKind === 'circuit-open' ? 'circuit_open' : 'network';
}

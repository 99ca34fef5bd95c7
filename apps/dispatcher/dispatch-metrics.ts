/**
 * What the dispatcher tells Prometheus. Label sets are bounded: masked ids of 200 webhooks, ten event types each, status
 * groups. What is counted for each delivery costs about a microsecond in all.
 */
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery, ParkedReason } from '../../libs/domain/delivery/delivery.ts';
import { retryTiers } from '../../libs/domain/delivery/retry.ts';
import type { Settlement } from '../../libs/domain/delivery/settle.ts';
import { watchLag } from '../../libs/kafka/consumer/consumer-lag.ts';
import { watchUnacknowledged, type Unacknowledged } from '../../libs/kafka/producer/unacknowledged.ts';
import { LatencyLabels } from './latency-labels.ts';
import { BoundedLabel, maskedId, type Count, type Metrics } from '../../libs/runtime/metrics.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';

const latencyBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];
const ageBucketsMs = [5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000, 300_000, 3_600_000, 86_400_000];

export type QueueLane = 'main' | 'parked';

export interface DispatchGauges {
  inFlight(): number;
  slowInFlight(): number;
  clientsWaiting(): number;
  queued(): number;
  parkedWebhooks(): number;
  parkedRecords(): number;
  webhooks(): number;
  oldestQueuedAgeMs(lane: QueueLane): number;
  buffered(): Readonly<Record<'main' | 'parked' | 'unacknowledged', number>>;
  unacknowledged(): Unacknowledged;
  lag(): ReadonlyMap<string, number>;
}

interface WebhookLabels {
  readonly masked: string;
  readonly types: BoundedLabel;
  /** By event type, and there by what came back. */
  readonly attempts: Counts;
}

/** By the values of two labels. */
type Counts = Map<string, Map<string, Count>>;

const labelledWebhooks = 200;
const typesPerWebhook = 10;

export class DispatchMetrics {
  private readonly webhooks = new Map<string, WebhookLabels>();
  private readonly otherWebhooks: WebhookLabels = {
    masked: 'other',
    types: new BoundedLabel(typesPerWebhook),
    attempts: new Map(),
  };
  private readonly byStatus: Counts = new Map();
  private readonly latencyLabels = new LatencyLabels();
  private readonly hostLabel = new BoundedLabel(labelledWebhooks);
  private readonly attempts;
  private readonly outcomes;
  private readonly latency;
  private readonly age;
  private readonly retries;
  private readonly parkedRecords;
  private readonly breakerChanges;
  private readonly undecodableRecords;
  private readonly parkedLogCuts;
  private readonly metrics: Metrics;

  /** @param prefix of topics: what is counted by topic begins at 0 for each that it reads */
  constructor(metrics: Metrics, prefix: string) {
    this.metrics = metrics;
    const read = [topics.deliveries, topics.parked].map((spec) => topicName(prefix, spec));
    this.attempts = metrics.counter(
      'delivery_attempts_total',
      'Attempts by class of HTTP status; circuit_open: no attempt was made, because the breaker was open',
      ['webhook_id_masked', 'event_type', 'http_status_code_group'],
    );
    this.outcomes = metrics.counter('outcomes_total', 'Outcomes by status and reason', ['status', 'reason']);
    this.outcomes.zero([
      { status: 'delivered', reason: '' },
      { status: 'failed_permanent', reason: 'signing_failed' },
    ]);
    this.latency = metrics.ms.histogram(
      'delivery_latency_seconds',
      'From the start of an attempt to its end',
      latencyBucketsMs,
      ['webhook_id_masked', 'event_type'],
    );
    this.age = metrics.ms.histogram('delivery_age_seconds', 'From the event on Kafka to its delivery', ageBucketsMs);
    this.retries = metrics.counter('retries_scheduled_total', 'Retries that were scheduled', ['tier']);
    this.retries.zero(retryTiers.map(({ name }) => ({ tier: name })));
    this.parkedRecords = metrics.counter('deliveries_parked_total', 'Deliveries moved to the parked lane', ['reason']);
    const reasons: readonly ParkedReason[] = ['backlog', 'breaker', 'rate_limit', 'blocked', 'paused'];
    this.parkedRecords.zero(reasons.map((reason) => ({ reason })));
    this.breakerChanges = metrics.counter('circuit_breaker_state_changed_total', 'Changes of a breaker', [
      'host',
      'webhook_url_host',
      'new_state',
    ]);
    this.undecodableRecords = metrics.counter(
      'undecodable_records_total',
      'Records set aside because they cannot be decoded',
      ['topic'],
    );
    this.undecodableRecords.zero(read.map((topic) => ({ topic })));
    this.parkedLogCuts = metrics.counter(
      'parked_log_cuts_total',
      'Partitions of the parked lane that ended before their committed offset',
    );
  }

  /** Gauges that are asked at each scrape. */
  watch(gauges: DispatchGauges): void {
    this.metrics.gauge('deliveries_in_flight', 'Attempts under way', [], (gauge) => {
      gauge.set(gauges.inFlight());
    });
    this.metrics.gauge(
      'slow_deliveries_in_flight',
      'Attempts under way that count towards DISPATCH_MAX_SLOW',
      [],
      (gauge) => {
        gauge.set(gauges.slowInFlight());
      },
    );
    this.metrics.gauge(
      'clients_at_their_share',
      'Clients that use their whole share of attempts and have more to send',
      [],
      (gauge) => {
        gauge.set(gauges.clientsWaiting());
      },
    );
    this.metrics.gauge('deliveries_queued', 'Deliveries in memory', [], (gauge) => {
      gauge.set(gauges.queued());
    });
    this.metrics.gauge('parked_webhooks', 'Webhooks with parked deliveries', [], (gauge) => {
      gauge.set(gauges.parkedWebhooks());
    });
    this.metrics.gauge(
      'parked_records',
      'Records in the parked lane since the oldest one that waits: an upper bound of what waits',
      [],
      (gauge) => {
        gauge.set(gauges.parkedRecords());
      },
    );
    this.metrics.gauge('known_webhooks', 'Webhooks in the table of the dispatcher', [], (gauge) => {
      gauge.set(gauges.webhooks());
    });
    this.metrics.ms.gauge(
      'queue_age_seconds',
      'How long the oldest delivery in memory has been in its lane',
      ['lane'],
      (gauge) => {
        for (const lane of ['main', 'parked'] as const) gauge.set(gauges.oldestQueuedAgeMs(lane), { lane });
      },
    );
    this.metrics.gauge(
      'buffered_bytes',
      'Memory used of DISPATCH_MAX_BUFFERED_MB, by content: deliveries of the main lane, deliveries of the parked lane, unacknowledged records',
      ['kind'],
      (gauge) => {
        for (const [kind, bytes] of Object.entries(gauges.buffered())) gauge.set(bytes, { kind });
      },
    );
    watchLag(this.metrics, () => gauges.lag());
    watchUnacknowledged(this.metrics, () => gauges.unacknowledged());
  }

  settled({ outcome, followUp }: Settlement, delivery: Delivery): void {
    const { status, reason } = outcome;
    countIn(this.byStatus, status, reason ?? '', () => this.outcomes.of({ status, reason: reason ?? '' })).add(1);
    if (outcome.latencyMs !== null) this.latency.observe(outcome.latencyMs, this.latencyLabels.of(delivery));
    if (outcome.status === 'delivered' && delivery.kind === 'event') {
      this.age.observe(Math.max(0, outcome.startedAt + (outcome.latencyMs ?? 0) - delivery.createdAt));
    }
    if (followUp.kind === 'retry') this.retries.inc({ tier: followUp.tier });
  }

  attempted(webhookId: string, eventType: string, result: AttemptResult): void {
    this.count(webhookId, eventType, groupOf(result));
  }

  /** Once for each turn that an open breaker refuses, which is once in its opening for a webhook, however much waits. */
  heldByBreaker(webhookId: string, eventType: string): void {
    this.count(webhookId, eventType, 'circuit_open');
  }

  private count(webhookId: string, eventType: string, group: string): void {
    const { masked, types, attempts } = this.labelsOf(webhookId);
    const type = types.of(eventType);
    countIn(attempts, type, group, () =>
      this.attempts.of({ webhook_id_masked: masked, event_type: type, http_status_code_group: group }),
    ).add(1);
  }

  private labelsOf(webhookId: string): WebhookLabels {
    const known = this.webhooks.get(webhookId);
    if (known !== undefined) return known;
    if (this.webhooks.size >= labelledWebhooks) return this.otherWebhooks;
    const labels = { masked: maskedId(webhookId), types: new BoundedLabel(typesPerWebhook), attempts: new Map() };
    this.webhooks.set(webhookId, labels);
    return labels;
  }

  parked(reason: ParkedReason, count: number): void {
    this.parkedRecords.inc({ reason }, count);
  }

  breakerChanged(host: string, state: string): void {
    const label = this.hostLabel.of(host);
    // `host` is the name of before.
    this.breakerChanges.inc({ host: label, webhook_url_host: label, new_state: state });
  }

  parkedLogCut(): void {
    this.parkedLogCuts.inc();
  }

  undecodable(topic: string): void {
    this.undecodableRecords.inc({ topic });
  }
}

function countIn(counts: Counts, first: string, second: string, make: () => Count): Count {
  let bySecond = counts.get(first);
  if (bySecond === undefined) {
    bySecond = new Map();
    counts.set(first, bySecond);
  }
  const known = bySecond.get(second);
  if (known !== undefined) return known;
  const count = make();
  bySecond.set(second, count);
  return count;
}

const answerGroups = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx'];

function groupOf(result: AttemptResult): string {
  if (result.kind === 'answer') {
    const hundreds = Math.floor(result.code / 100);
    return answerGroups[hundreds] ?? `${hundreds}xx`;
  }
  if (result.errorKind === 'timeout' || result.errorKind === 'proxy') return result.errorKind;
  return result.errorKind === 'refused-address' ? 'refused' : 'network';
}

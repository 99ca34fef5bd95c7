/** What the management API measures: requests, webhooks, what the outbox holds, and what is on its way to Kafka. */
import { watchUnacknowledged, type Unacknowledged } from '../../libs/kafka/unacknowledged.ts';
import type { OutboxStore } from '../../libs/postgres/outbox-store.ts';
import type { WebhookView } from '../../libs/postgres/webhook-view.ts';
import { KeptAnswer } from '../../libs/runtime/kept-answer.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { CounterMetric, GaugeMetric, HistogramMetric, Metrics } from '../../libs/runtime/metrics.ts';

/** However often and by whomever is scraped: counting all webhooks takes long when there are many, and hardly changes. */
const webhooksKeptMs = 60_000;
const outboxKeptMs = 5_000;

const buckets = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 35_000];

export interface Watched {
  readonly webhooks: WebhookView;
  readonly outbox: OutboxStore;
  readonly unacknowledged: () => Unacknowledged;
  readonly logger: Logger;
}

export class ApiMetrics {
  private readonly metrics: Metrics;
  private readonly durations: HistogramMetric;
  private readonly requests: CounterMetric;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.durations = metrics.histogram('api_request_duration_ms', 'How long requests took, in milliseconds', buckets, [
      'method',
      'route',
      'status',
    ]);
    // Alerts count these: each route has a series of durations that appears with its first request, too late to be seen.
    this.requests = metrics.counter('api_requests_total', 'Requests by what was answered', ['status']);
    this.requests.zero(['1xx', '2xx', '3xx', '4xx', '5xx'].map((status) => ({ status })));
  }

  answered(method: string, route: string, status: number, durationMs: number): void {
    const group = `${Math.floor(status / 100)}xx`;
    this.durations.observe(durationMs, { method, route, status: group });
    this.requests.inc({ status: group });
  }

  /** Shown at each scrape, asked in a pace of its own. A database that is away must not take the other metrics with it. */
  watch({ webhooks, outbox, unacknowledged, logger }: Watched): void {
    watchUnacknowledged(this.metrics, unacknowledged);
    const counted = new KeptAnswer(() => webhooks.count(), webhooksKeptMs);
    const waiting = new KeptAnswer(() => waitingIn(outbox), outboxKeptMs);
    // What cannot be read is not shown: an old number would look like a new one.
    const asked = (read: (gauge: GaugeMetric) => Promise<void>) => (gauge: GaugeMetric) =>
      read(gauge).catch((error: unknown) => {
        gauge.clear();
        logger.warn(errorFields(error), 'a metric was not read');
      });
    this.metrics.gauge(
      'webhooks_registered',
      'Webhooks that there are',
      ['active'],
      asked(async (gauge) => {
        const { active, inactive } = await counted.get();
        gauge.set(active, { active: 'true' });
        gauge.set(inactive, { active: 'false' });
      }),
    );
    this.metrics.gauge(
      'outbox_waiting',
      'Committed changes that are not on Kafka yet',
      [],
      asked(async (gauge) => {
        gauge.set((await waiting.get()).count);
      }),
    );
    this.metrics.gauge(
      'outbox_age_ms',
      'How long the oldest of these has been waiting',
      [],
      asked(async (gauge) => {
        gauge.set((await waiting.get()).ageMs);
      }),
    );
  }
}

async function waitingIn(outbox: OutboxStore): Promise<{ readonly count: number; readonly ageMs: number }> {
  const count = await outbox.count();
  const oldestAt = await outbox.oldestAt();
  return { count, ageMs: oldestAt === null ? 0 : Math.max(0, Date.now() - oldestAt) };
}

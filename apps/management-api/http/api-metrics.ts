/**
 * What the management API measures: requests, webhooks, what the outbox holds, and what is on its way to Kafka. Holds: a
 * scrape asks nobody, whoever it is from; what only the database knows is read in a pace of its own.
 */
import { watchUnacknowledged, type Unacknowledged } from '../../../libs/kafka/producer/unacknowledged.ts';
import type { OutboxStore } from '../../../libs/postgres/outbox/outbox-store.ts';
import type { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import type { CounterMetric, HistogramMetric, Metrics } from '../../../libs/runtime/metrics.ts';
import { Sampled, shownWhenKnown } from '../../../libs/runtime/sampled.ts';

/** Counting all webhooks takes long when there are many, and hardly changes. */
const webhooksEveryMs = 60_000;
const outboxEveryMs = 5_000;

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
  private readonly samples: Sampled<unknown>[] = [];

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    this.durations = metrics.ms.histogram('api_request_duration_seconds', 'How long requests took', buckets, [
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

  watch({ webhooks, outbox, unacknowledged, logger }: Watched): void {
    watchUnacknowledged(this.metrics, unacknowledged);
    const sampled = <T>(read: () => Promise<T>, everyMs: number) => {
      const onFailure = (error: unknown) => {
        logger.warn(errorFields(error), 'a metric was not read');
      };
      const sample = new Sampled({ read, everyMs, onFailure });
      this.samples.push(sample);
      sample.start();
      return sample;
    };
    const counted = sampled(() => webhooks.count(), webhooksEveryMs);
    const waiting = sampled(() => waitingIn(outbox), outboxEveryMs);
    this.metrics.gauge(
      'webhooks_registered',
      'Webhooks that there are',
      ['active'],
      shownWhenKnown(counted, (gauge, { active, inactive }) => {
        gauge.set(active, { active: 'true' });
        gauge.set(inactive, { active: 'false' });
      }),
    );
    this.metrics.gauge(
      'outbox_waiting',
      'Committed changes that are not on Kafka yet',
      [],
      shownWhenKnown(waiting, (gauge, { count }) => {
        gauge.set(count);
      }),
    );
    this.metrics.ms.gauge(
      'outbox_age_seconds',
      'How long the oldest of these has been waiting',
      [],
      shownWhenKnown(waiting, (gauge, { ageMs }) => {
        gauge.set(ageMs);
      }),
    );
  }

  close(): void {
    for (const sample of this.samples) sample.stop();
  }
}

async function waitingIn(outbox: OutboxStore): Promise<{ readonly count: number; readonly ageMs: number }> {
  const count = await outbox.count();
  const oldestAt = await outbox.oldestAt();
  return { count, ageMs: oldestAt === null ? 0 : Math.max(0, Date.now() - oldestAt) };
}

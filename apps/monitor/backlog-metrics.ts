/**
 * What waits in the whole system, as the history knows it. With several monitors each says the same. Holds: a scrape asks the
 * database nothing, whoever it is from.
 */
import type { Backlog, BacklogView } from '../../libs/postgres/history/backlog-view.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { Metrics } from '../../libs/runtime/metrics.ts';
import { Sampled, shownWhenKnown } from '../../libs/runtime/sampled.ts';

const everyMs = 10_000;

export interface BacklogMetricsParts {
  readonly metrics: Metrics;
  readonly view: Pick<BacklogView, 'read' | 'daysAhead'>;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export class BacklogMetrics {
  /** Unix milliseconds. */
  private readonly now: () => number;
  private readonly backlog: Sampled<Backlog>;
  private readonly daysAhead: Sampled<number>;

  constructor({ metrics, view, logger, now }: BacklogMetricsParts) {
    this.now = now;
    const onFailure = (error: unknown) => {
      logger.warn(errorFields(error), 'a metric was not read');
    };
    this.backlog = new Sampled({ read: () => view.read(), everyMs, onFailure });
    this.daysAhead = new Sampled({ read: () => view.daysAhead(now()), everyMs, onFailure });
    this.declare(metrics);
  }

  start(): void {
    this.backlog.start();
    this.daysAhead.start();
  }

  stop(): void {
    this.backlog.stop();
    this.daysAhead.stop();
  }

  private declare(metrics: Metrics): void {
    metrics.gauge(
      'deliveries_undelivered',
      'Deliveries that are neither delivered nor given up',
      ['status'],
      shownWhenKnown(this.backlog, (gauge, { pending, retrying }) => {
        gauge.set(pending, { status: 'pending' });
        gauge.set(retrying, { status: 'failed_retryable' });
      }),
    );
    metrics.ms.gauge(
      'oldest_undelivered_age_seconds',
      'Age of the oldest of these',
      [],
      shownWhenKnown(this.backlog, (gauge, { oldestCreatedAt }) => {
        gauge.set(this.ageOf(oldestCreatedAt));
      }),
    );
    metrics.ms.gauge(
      'past_due_age_seconds',
      'How long the attempt that waits longest has been due',
      [],
      shownWhenKnown(this.backlog, (gauge, { earliestDueAt }) => {
        gauge.set(this.ageOf(earliestDueAt));
      }),
    );
    metrics.gauge(
      'history_days_ahead',
      'Days after today for which every table of the history has a partition',
      [],
      shownWhenKnown(this.daysAhead, (gauge, days) => {
        gauge.set(days);
      }),
    );
  }

  private ageOf(since: number | null): number {
    return since === null ? 0 : Math.max(0, this.now() - since);
  }
}

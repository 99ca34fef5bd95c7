/** What waits in the whole system, as the history knows it. With several monitors each says the same. */
import type { Backlog, BacklogView } from '../../libs/postgres/history/backlog-view.ts';
import { KeptAnswer } from '../../libs/runtime/kept-answer.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { GaugeMetric, Metrics } from '../../libs/runtime/metrics.ts';

/** However often and by how many Prometheus asks. */
const keptMs = 10_000;

export class BacklogMetrics {
  private readonly logger: Logger;
  /** Unix milliseconds. */
  private readonly now: () => number;
  private readonly backlog: KeptAnswer<Backlog>;
  private readonly daysAhead: KeptAnswer<number>;

  constructor(parts: { metrics: Metrics; view: BacklogView; logger: Logger; now: () => number }) {
    this.logger = parts.logger;
    this.now = parts.now;
    this.backlog = new KeptAnswer(() => parts.view.read(), keptMs);
    this.daysAhead = new KeptAnswer(() => parts.view.daysAhead(this.now()), keptMs);
    this.declare(parts.metrics);
  }

  private declare(metrics: Metrics): void {
    metrics.gauge(
      'deliveries_undelivered',
      'Deliveries that are neither delivered nor given up',
      ['status'],
      this.asked(async (gauge) => {
        const { pending, retrying } = await this.backlog.get();
        gauge.set(pending, { status: 'pending' });
        gauge.set(retrying, { status: 'failed_retryable' });
      }),
    );
    metrics.gauge(
      'oldest_undelivered_age_ms',
      'Age of the oldest of these',
      [],
      this.asked(async (gauge) => {
        gauge.set(this.ageOf((await this.backlog.get()).oldestCreatedAt));
      }),
    );
    metrics.gauge(
      'past_due_age_ms',
      'How long the attempt that waits longest has been due, for whatever reason',
      [],
      this.asked(async (gauge) => {
        gauge.set(this.ageOf((await this.backlog.get()).earliestDueAt));
      }),
    );
    metrics.gauge(
      'history_days_ahead',
      'Days after today for which every table of the history has a partition',
      [],
      this.asked(async (gauge) => {
        gauge.set(await this.daysAhead.get());
      }),
    );
  }

  /** What cannot be read is not shown: an old number would look like a new one. */
  private asked(read: (gauge: GaugeMetric) => Promise<void>): (gauge: GaugeMetric) => Promise<void> {
    return async (gauge) => {
      try {
        await read(gauge);
      } catch (error) {
        gauge.clear();
        this.logger.warn(errorFields(error), 'a metric was not read');
      }
    };
  }

  private ageOf(since: number | null): number {
    return since === null ? 0 : Math.max(0, this.now() - since);
  }
}

/** What waits in the whole system, as the history knows it. With several monitors each says the same. */
import type { Backlog, BacklogView } from '../../libs/postgres/backlog-view.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import type { GaugeMetric, Metrics } from '../../libs/runtime/metrics.ts';

/** However often and by how many Prometheus asks. */
const keptMs = 10_000;

export class BacklogMetrics {
  private readonly view: BacklogView;
  private readonly logger: Logger;
  /** Unix milliseconds. */
  private readonly now: () => number;
  private backlog: { readonly at: number; readonly read: Promise<Backlog> } | null = null;

  constructor(parts: { metrics: Metrics; view: BacklogView; logger: Logger; now: () => number }) {
    this.view = parts.view;
    this.logger = parts.logger;
    this.now = parts.now;
    this.declare(parts.metrics);
  }

  private declare(metrics: Metrics): void {
    metrics.gauge(
      'deliveries_undelivered',
      'Deliveries that are neither delivered nor given up',
      ['status'],
      this.asked(async (gauge) => {
        const { pending, retrying } = await this.read();
        gauge.set(pending, { status: 'pending' });
        gauge.set(retrying, { status: 'failed_retryable' });
      }),
    );
    metrics.gauge(
      'oldest_undelivered_age_ms',
      'Age of the oldest of these',
      [],
      this.asked(async (gauge) => {
        gauge.set(this.ageOf((await this.read()).oldestCreatedAt));
      }),
    );
    metrics.gauge(
      'past_due_age_ms',
      'How long the attempt that waits longest has been due, for whatever reason',
      [],
      this.asked(async (gauge) => {
        gauge.set(this.ageOf((await this.read()).earliestDueAt));
      }),
    );
    metrics.gauge(
      'history_days_ahead',
      'Days after today for which every table of the history has a partition',
      [],
      this.asked(async (gauge) => {
        gauge.set(await this.view.daysAhead(this.now()));
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

  private read(): Promise<Backlog> {
    const now = monotonicMs();
    if (this.backlog === null || now - this.backlog.at > keptMs) this.backlog = { at: now, read: this.view.read() };
    return this.backlog.read;
  }

  private ageOf(since: number | null): number {
    return since === null ? 0 : Math.max(0, this.now() - since);
  }
}

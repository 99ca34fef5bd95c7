/**
 * Compares the clock of this process with the database's, now and then, and tells when they are apart: rows are dated
 * by both. In: the database. Out: a metric, and a line in the log when they come apart and when they agree again.
 */
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { GaugeMetric, Metrics } from '../../runtime/metrics.ts';
import type { Database } from './database.ts';

export interface DatabaseClockOptions {
  /** Unix milliseconds, by the database. */
  readonly read: () => Promise<number>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

const everyMs = 60_000;
/** Told from there on. */
const clocksApartMs = 60_000;

/** Tells when the clocks are apart, from now on until the application ends. */
export function watchDatabaseClock(
  database: Database,
  { metrics, logger }: { metrics: Metrics; logger: Logger },
): void {
  const clock = new DatabaseClock({ read: () => database.time(), now: Date.now, metrics, logger });
  void clock.look();
  const timer = setInterval(() => void clock.look(), everyMs).unref();
  database.onEnd(() => {
    clearInterval(timer);
  });
}

export class DatabaseClock {
  private readonly options: DatabaseClockOptions;
  private readonly ahead: GaugeMetric;
  private areApart = false;

  constructor(options: DatabaseClockOptions) {
    this.options = options;
    this.ahead = options.metrics.ms.gauge(
      'database_clock_ahead_seconds',
      'How far the clock of the database is ahead of that of the process',
    );
  }

  async look(): Promise<void> {
    const { read, now, logger } = this.options;
    try {
      const before = now();
      const theirs = await read();
      const aheadMs = Math.round(theirs - (before + now()) / 2);
      this.ahead.set(aheadMs);
      const areApart = Math.abs(aheadMs) > clocksApartMs;
      if (areApart)
        logger.error({ aheadMs }, "the database's clock and that of this machine are apart: let NTP set both");
      else if (this.areApart) logger.info({ aheadMs }, "the database's clock and that of this machine agree again");
      this.areApart = areApart;
    } catch (error) {
      // An old number would look like a new one.
      this.ahead.clear();
      logger.debug(errorFields(error), "the database's clock was not read");
    }
  }
}

/** Runs housekeeping at start and then every hour; partitions are made days ahead, so a failed run is no emergency. */
import type { HousekeepingReport } from '../../libs/postgres/housekeeping.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';

const everyMs = 3_600_000;
const afterFailureMs = 60_000;

export class Caretaker {
  private readonly keepHouse: (now: Date) => Promise<HousekeepingReport | null>;
  private readonly metrics: MonitorMetrics;
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(keepHouse: (now: Date) => Promise<HousekeepingReport | null>, metrics: MonitorMetrics, logger: Logger) {
    this.keepHouse = keepHouse;
    this.metrics = metrics;
    this.logger = logger;
  }

  start(): void {
    if (this.isStopped) return;
    this.running = this.runOnce().then((delayMs) => {
      if (!this.isStopped) {
        this.timer = setTimeout(() => {
          this.start();
        }, delayMs);
      }
    });
  }

  /** Resolves when a run that is under way is done. */
  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** Returns when to run again, in milliseconds from now. */
  private async runOnce(): Promise<number> {
    try {
      const now = new Date();
      const report = await this.keepHouse(now);
      this.metrics.kept(report, now.getTime());
      this.logger.info({ ...report }, report === null ? 'another monitor keeps house' : 'housekeeping done');
      return everyMs;
    } catch (error) {
      this.metrics.housekeepingFailed();
      this.logger.warn(errorFields(error), 'housekeeping failed, trying again');
      return afterFailureMs;
    }
  }
}

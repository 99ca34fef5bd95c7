/**
 * Keeps house at start and then every hour, sooner when there was more to do than one run has time for; partitions are
 * made days ahead, so a failed run is no emergency.
 */
import type { HousekeepingReport } from '../../libs/postgres/housekeeping/housekeeping.ts';
import type { SweepTime } from '../../libs/postgres/housekeeping/sweep-store.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';
import type { RepeatedJob } from './repeated.ts';

const everyMs = 3_600_000;
const unfinishedMs = 5_000;
const afterFailureMs = 60_000;

export interface HousekeeperParts {
  readonly keepHouse: (isStopped: () => boolean) => Promise<HousekeepingReport | null>;
  /** When each sweep was last all done, by whichever monitor. */
  readonly sweepTimes: () => Promise<readonly SweepTime[]>;
  readonly metrics: Pick<MonitorMetrics, 'kept' | 'swept' | 'housekeepingFailed'>;
  readonly logger: Logger;
}

export class Housekeeper implements RepeatedJob {
  private readonly parts: HousekeeperParts;

  constructor(parts: HousekeeperParts) {
    this.parts = parts;
  }

  async run(signal: AbortSignal): Promise<number> {
    const { keepHouse, sweepTimes, metrics, logger } = this.parts;
    const report = await keepHouse(() => signal.aborted);
    metrics.kept(report);
    metrics.swept(await sweepTimes());
    if (report === null) {
      logger.info({}, 'another monitor does the housekeeping');
      return everyMs;
    }
    const { failures, ...told } = report;
    logger.info(told, 'housekeeping done');
    for (const { sweep, error } of failures) {
      logger.warn({ sweep, ...errorFields(error) }, 'a sweep of housekeeping failed, trying again');
    }
    if (failures.length > 0) return afterFailureMs;
    return Object.values(report.sweeps).includes('unfinished') ? unfinishedMs : everyMs;
  }

  failed(error: unknown): number {
    this.parts.metrics.housekeepingFailed();
    this.parts.logger.warn(errorFields(error), 'housekeeping failed, trying again');
    return afterFailureMs;
  }
}

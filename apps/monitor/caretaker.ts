/** Keeps house at start and then every hour; partitions are made days ahead, so a failed run is no emergency. */
import type { HousekeepingReport } from '../../libs/postgres/housekeeping.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';
import type { RepeatedJob } from './repeated.ts';

const everyMs = 3_600_000;
const afterFailureMs = 60_000;

export interface CaretakerParts {
  readonly keepHouse: (now: Date) => Promise<HousekeepingReport | null>;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
}

export class Caretaker implements RepeatedJob {
  private readonly parts: CaretakerParts;

  constructor(parts: CaretakerParts) {
    this.parts = parts;
  }

  async run(): Promise<number> {
    const { keepHouse, metrics, logger } = this.parts;
    const now = new Date();
    const report = await keepHouse(now);
    metrics.kept(report, now.getTime());
    logger.info({ ...report }, report === null ? 'another monitor keeps house' : 'housekeeping done');
    return everyMs;
  }

  failed(error: unknown): number {
    this.parts.metrics.housekeepingFailed();
    this.parts.logger.warn(errorFields(error), 'housekeeping failed, trying again');
    return afterFailureMs;
  }
}

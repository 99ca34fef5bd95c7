/**
 * In: why a group could not be joined, each time that it could not. Out: a line in the log.
 * Holds: a coordinator that is just coming is news for whoever debugs only: Kafka makes its offsets topic when the first
 * group of all asks for it, and moves and loads groups when a broker comes or goes. One that lasts is a warning that
 * tells how long it has.
 */
import type { Logger } from '../../runtime/logger.ts';
import { monotonicMs } from '../../runtime/monotonic.ts';
import { TroubleLog } from '../trouble-log.ts';
import { troubleFields } from '../trouble.ts';

const comingMsMax = 10_000;
const comingTypes = ['GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP', 'GROUP_LOAD_IN_PROGRESS'];
const message = 'cannot join the group, trying again';

export class JoinTrouble {
  private readonly logger: Logger;
  private readonly warnings: TroubleLog;
  private readonly now: () => number;
  /** Since when there is no coordinator, and nothing else wrong. */
  private since: number | null = null;

  constructor(logger: Logger, now: () => number = monotonicMs) {
    this.logger = logger;
    this.warnings = new TroubleLog(logger, now);
    this.now = now;
  }

  say(error: unknown, backOffMs: number): void {
    if (!isCoordinatorComing(error)) {
      this.since = null;
      this.warnings.say(error, message, { backOffMs });
      return;
    }
    this.since ??= this.now();
    const forMs = this.now() - this.since;
    if (forMs < comingMsMax) this.logger.debug({ ...troubleFields(error), backOffMs, forMs }, message);
    else this.warnings.say(error, message, { backOffMs, forMs });
  }

  /** The group was joined. */
  over(): void {
    this.since = null;
  }
}

/** What Kafka answered may be the cause of an error that tells how often kafkajs tried. */
export function isCoordinatorComing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { type } = error as { type?: string };
  return type === undefined ? isCoordinatorComing(error.cause) : comingTypes.includes(type);
}

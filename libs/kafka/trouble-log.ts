/** Trouble that is tried again for as long as it lasts: a warning now and then, the rest for whoever debugs. */
import type { Logger } from '../runtime/logger.ts';
import { monotonicMs } from '../runtime/monotonic.ts';
import { troubleFields } from './trouble.ts';

const warnEveryMs = 10_000;

export class TroubleLog {
  private readonly logger: Logger;
  private readonly now: () => number;
  private warnedAt = -Infinity;

  constructor(logger: Logger, now: () => number = monotonicMs) {
    this.logger = logger;
    this.now = now;
  }

  say(error: unknown, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const now = this.now();
    const isDue = now - this.warnedAt >= warnEveryMs;
    if (isDue) this.warnedAt = now;
    this.logger[isDue ? 'warn' : 'debug']({ ...troubleFields(error), ...fields }, message);
  }
}

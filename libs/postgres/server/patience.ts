/**
 * Changes that take locks for a moment, in a database that is in use: each gives up its wait soon, so that those behind
 * it get through, and is tried again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../runtime/logger.ts';

/** SQLSTATE lock_not_available and deadlock_detected: nothing was done. */
const withoutLock: readonly unknown[] = ['55P03', '40P01'];
const pauseMs = [500, 1_000, 2_000, 5_000];
/** About ten minutes. After that somebody has the table for good, and a person has to see to it. */
const triesMax = 120;

/** @throws whatever `work` throws that is not about locks, and that too in the end */
export async function patiently<T>(work: () => Promise<T>, logger: Pick<Logger, 'warn'>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (!withoutLock.includes(code) || tries >= triesMax) throw error;
      logger.warn({ tries, code }, 'a table is locked by somebody else, the change is tried again');
      await pause(pauseMs[Math.min(tries, pauseMs.length) - 1]);
    }
  }
}

/** The mapper wraps what the driver says. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? error.code : undefined;
  return withoutLock.includes(code) ? code : codeOf(error.cause);
}

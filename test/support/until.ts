/** Waiting for something to become true, instead of sleeping. */
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';

export interface UntilOptions {
  /** When to give up. No promise about time: on a slow machine less than {@link patienceMs} is taken as that. */
  readonly timeoutMs: number;
  /** Between two looks. Default: 50 */
  readonly everyMs?: number;
  /** What is waited for, for the error. */
  readonly what?: string;
}

/** What a machine that has others to serve may take for anything. */
export const patienceMs = 30_000;

/** Resolves when the condition holds. @throws when it does not in time, with what it threw last, if it did */
export async function until(condition: () => boolean | Promise<boolean>, options: UntilOptions): Promise<void> {
  const timeoutMs = Math.max(options.timeoutMs, patienceMs);
  const deadline = monotonicMs() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      if (await condition()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (monotonicMs() > deadline) break;
    await pause(options.everyMs ?? 50);
  }
  const what = options.what ?? condition.toString();
  throw new Error(`not so within ${timeoutMs} ms: ${what}`, { cause: lastError });
}

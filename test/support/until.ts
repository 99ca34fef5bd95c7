/** Waiting for something to become true, instead of sleeping. */
import { setTimeout as pause } from 'node:timers/promises';

export interface UntilOptions {
  readonly timeoutMs: number;
  /** Between two looks. Default: 50 */
  readonly everyMs?: number;
  /** What is waited for, for the error. */
  readonly what?: string;
}

/** Resolves when the condition holds. @throws when it does not in time, with what it threw last, if it did */
export async function until(condition: () => boolean | Promise<boolean>, options: UntilOptions): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      if (await condition()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) break;
    await pause(options.everyMs ?? 50);
  }
  const what = options.what ?? condition.toString();
  throw new Error(`not so within ${options.timeoutMs} ms: ${what}`, { cause: lastError });
}

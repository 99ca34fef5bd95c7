/** Work that one process at a time is at. */
import type { Run } from './bulk.ts';

/** Whether it is this transaction's turn, until it ends. @param what as every process calls it */
export async function isTurn(run: Run, what: string): Promise<boolean> {
  const [lock] = await run<{ held: boolean }>('select pg_try_advisory_xact_lock(hashtext($1)) as held', [
    `webhooks.${what}`,
  ]);
  return lock?.held === true;
}

/**
 * Limits that the server keeps for one transaction, whatever becomes of whoever began it. What waits for a lock makes
 * all others wait behind it, what runs on is forgotten by its pool and goes on, and a host that falls silent in the
 * middle would keep its locks.
 */
import type { Run } from './bulk.ts';

export interface TransactionLimits {
  /** Longest wait for a lock, in milliseconds. */
  readonly lockMs: number;
  /** Longest run of a statement, in milliseconds. */
  readonly statementMs: number;
}

/** Between two statements of one transaction. */
const idleMs = 30_000;

/** For the transaction that `run` is in. */
export async function limitTransaction(run: Run, { lockMs, statementMs }: TransactionLimits): Promise<void> {
  await run(
    `select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
      set_config('idle_in_transaction_session_timeout', $3, true)`,
    [`${lockMs}ms`, `${statementMs}ms`, `${idleMs}ms`],
  );
}

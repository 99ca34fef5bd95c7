/**
 * Limits that the server keeps for one transaction, whatever becomes of whoever began it. What waits for a lock makes
 * all others wait behind it, what runs on is forgotten by its pool and goes on, and a host that falls silent in the
 * middle would keep its locks.
 */
export interface TransactionLimits {
  /** Longest wait for a lock, in milliseconds. */
  readonly lockMs: number;
  /** Longest run of a statement, in milliseconds. */
  readonly statementMs: number;
}

/** Between two statements of one transaction. */
const idleMs = 30_000;

/** How such a transaction begins: one text, so that it costs no more than any other. */
export function beginWithin({ lockMs, statementMs }: TransactionLimits): string {
  return `begin; set local lock_timeout = ${lockMs}; set local statement_timeout = ${statementMs};
    set local idle_in_transaction_session_timeout = ${idleMs}`;
}

/**
 * Limits that the server keeps for one transaction, whatever becomes of whoever began it. What waits for a lock makes
 * all others wait behind it, what runs on is forgotten by its pool and goes on, and a host that falls silent in the
 * middle would keep its locks. Holds: all are shorter than the driver waits for an answer, so that the server speaks first.
 */
import type { EntityManager } from '@mikro-orm/postgresql';

export interface TransactionLimits {
  /** Longest wait for a lock, in milliseconds. */
  readonly lockMs: number;
  /** Longest run of a statement, in milliseconds. */
  readonly statementMs: number;
  /** Longest wait between two statements, in milliseconds. Default: 30,000 */
  readonly idleMs?: number;
}

/** Of a transaction that has none of its own. */
export const usualLimits: TransactionLimits = { lockMs: 30_000, statementMs: 60_000 };

/** Of work that is long by nature and in no hurry: a batch of keys to rotate, of what is published again. */
export const patientLimits: TransactionLimits = { lockMs: 60_000, statementMs: 110_000 };

/** Of a batch of a replay: between two statements it waits for Kafka, and locks no row meanwhile. */
export const replayLimits: TransactionLimits = { ...patientLimits, idleMs: 120_000 };

const usualIdleMs = 30_000;

/** How such a transaction begins: one text, so that it costs no more than any other. */
export function beginWithin({ lockMs, statementMs, idleMs = usualIdleMs }: TransactionLimits): string {
  return `begin; set local lock_timeout = ${lockMs}; set local statement_timeout = ${statementMs};
    set local idle_in_transaction_session_timeout = ${idleMs}`;
}

/** For the transaction that `em` is in. */
export async function limit(
  em: EntityManager,
  { lockMs, statementMs, idleMs = usualIdleMs }: TransactionLimits,
): Promise<void> {
  await em.execute(`select set_config('lock_timeout', '${lockMs}', true),
    set_config('statement_timeout', '${statementMs}', true),
    set_config('idle_in_transaction_session_timeout', '${idleMs}', true)`);
}

/** Runs `work` in one transaction of the mapper; an error rolls it back. */
export function transacted<T>(
  em: EntityManager,
  work: (em: EntityManager) => Promise<T>,
  limits: TransactionLimits = usualLimits,
): Promise<T> {
  return em.fork().transactional(async (own) => {
    await limit(own, limits);
    return work(own);
  });
}

/**
 * Brings on what is to be erased: one step, of whatever is due. Holds: one process at a time is at it, by a lock of the step's own
 * transaction, which also keeps how far it came; a step reads and changes a bounded number of rows.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../bulk.ts';
import type { TransactionLimits } from '../limits.ts';
import { readerOf } from '../read.ts';
import { isTurn } from '../turn.ts';
import { clientLeavingStep } from './client-leaving-store.ts';
import { eventErasureStep } from './event-erasure-store.ts';

/** idle: there is nothing. elsewhere: another process is at it. */
export type Erased = 'step' | 'idle' | 'elsewhere';

/** What waits for the projectors makes later ones wait behind it: rather try again. */
const limits: TransactionLimits = { lockMs: 3_000, statementMs: 30_000 };

const isOpenSql = `select exists (select 1 from event_erasure where finished_at is null)
  or exists (select 1 from client_leaving where finished_at is null) as "isOpen"`;

export class Erasing {
  private readonly em: EntityManager;
  private isEventsTurn = false;

  constructor(em: EntityManager) {
    this.em = em;
  }

  async step(): Promise<Erased> {
    // Nearly always there is nothing, and one statement says so.
    const [open] = await readerOf(this.em)<{ isOpen: boolean }>(isOpenSql);
    if (open?.isOpen !== true) return 'idle';
    return inTransaction(
      this.em,
      async (run) => {
        if (!(await isTurn(run, 'erasing'))) return 'elsewhere';
        // In turn: whoever erases many events keeps no client from leaving.
        this.isEventsTurn = !this.isEventsTurn;
        const [first, second] = this.isEventsTurn
          ? [eventErasureStep, clientLeavingStep]
          : [clientLeavingStep, eventErasureStep];
        return (await first(run)) || (await second(run)) ? 'step' : 'idle';
      },
      limits,
    );
  }
}

/**
 * Which process has a batch of a replay under way, or in doubt. In: the id of a replay. Out: whether it is this process's
 * now. Holds: a claim is there before its batch is, and no other process makes that batch while the claim is renewed. It is
 * no lock: it outlasts the transaction and the connection, and ends by itself after a process that was killed.
 */
import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { readerOf } from '../read.ts';

/** A claim that nobody renewed for so long is of a process that has died. By the database's clock, for all processes. */
const claimS = 30;
/** How often {@link ReplayClaims.renew} is to be called, in milliseconds. */
export const renewClaimsMs = 10_000;

const claimEnd = `clock_timestamp() + interval '${claimS} s'`;

/** Where no other process than `owner` has a batch under way. What ends too far ahead is from before a clock was set back. */
export function isFreeFor(owner: string): string {
  return `(batch_owner = ${owner}
    or (batch_until between clock_timestamp() and clock_timestamp() + interval '${2 * claimS} s') is not true)`;
}

export class ReplayClaims {
  private readonly em: EntityManager;
  /** Of this process. */
  readonly owner = randomUUID();

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** On a connection of its own: it must not end with a transaction. False when another process has it. */
  async take(id: string): Promise<boolean> {
    const taken = await readerOf(this.em)<{ id: string }>(
      `update replay set batch_owner = $1, batch_until = ${claimEnd} where id = $2 and ${isFreeFor('$1')} returning id`,
      [this.owner, id],
    );
    return taken.length > 0;
  }

  /** All of this process. */
  async renew(): Promise<void> {
    await readerOf(this.em)(
      `update replay set batch_until = ${claimEnd} where status = 'running' and batch_owner = $1`,
      [this.owner],
    );
  }

  async giveBack(id: string): Promise<void> {
    await readerOf(this.em)(
      'update replay set batch_owner = null, batch_until = null where id = $2 and batch_owner = $1',
      [this.owner, id],
    );
  }
}

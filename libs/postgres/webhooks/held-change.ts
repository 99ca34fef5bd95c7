/**
 * A change, and what has to be written with it. In: work that may change something through a store. Out: what it returned,
 * once that and what `last` wrote are committed together. Holds: neither is there without the other, wherever it ends; whoever
 * has to wait for a turn does so before it has a connection.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager } from '@mikro-orm/postgresql';
import { limit, transacted, type TransactionLimits } from '../limits.ts';

const current = new AsyncLocalStorage<HeldChange>();

/** The answer gives the place back. */
export type TakePlace = () => Promise<() => void>;

const places = new AsyncLocalStorage<TakePlace>();

/** What `work` changes through a store has a place of these, however deep that is: one for each transaction. */
export function changingInTurn<T>(take: TakePlace, work: () => T): T {
  return places.run(take, work);
}

/** Its client gives up long before PostgreSQL would. */
const changeLimits: TransactionLimits = { lockMs: 30_000, statementMs: 30_000 };

/** A transaction of its own; within {@link committedWith} its commit waits for what is written with it. */
export function changing<T>(em: EntityManager, work: (em: EntityManager) => Promise<T>): Promise<T> {
  const held = current.getStore();
  if (held?.isOpen === true) return held.change(em, work);
  return inTurn(() => transacted(em, work, changeLimits));
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const giveBack = await places.getStore()?.();
  try {
    return await work();
  } finally {
    giveBack?.();
  }
}

/** Calls `work` once the change around it is committed: at once when there is none. */
export function whenCommitted(work: () => void): void {
  const held = current.getStore();
  if (held?.isOpen === true) held.afterwards.push(work);
  else work();
}

/**
 * @param last gets the transaction, or null when `work` changed nothing through a store; what it throws undoes the change
 */
export async function committedWith<T>(
  work: () => Promise<T>,
  last: (em: EntityManager | null, result: T) => Promise<void>,
): Promise<T> {
  const held = new HeldChange();
  let result: T;
  try {
    result = await current.run(held, work);
    await last(held.em, result);
    await held.commit();
  } catch (error) {
    await held.undo();
    throw error;
  }
  for (const one of held.afterwards) one();
  return result;
}

class HeldChange {
  readonly afterwards: (() => void)[] = [];
  isOpen = true;
  em: EntityManager | null = null;
  private giveBack: (() => void) | undefined;

  async change<T>(em: EntityManager, work: (em: EntityManager) => Promise<T>): Promise<T> {
    this.em ??= await this.begun(em);
    const result = await work(this.em);
    await this.em.flush();
    return result;
  }

  async commit(): Promise<void> {
    this.isOpen = false;
    await this.em?.commit();
    this.giveBack?.();
  }

  /** After a lost connection the server has rolled back by itself. */
  async undo(): Promise<void> {
    this.isOpen = false;
    await this.em?.rollback().catch(() => undefined);
    this.giveBack?.();
  }

  private async begun(em: EntityManager): Promise<EntityManager> {
    this.giveBack = await places.getStore()?.();
    const fork = em.fork();
    await fork.begin();
    // From here on there is something to undo.
    this.em = fork;
    await limit(fork, changeLimits);
    return fork;
  }
}

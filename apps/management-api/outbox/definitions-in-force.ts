/**
 * In: a webhook whose change is committed. Out: whether it counts for every event that is published from then on.
 * Holds: an event that is published after the answer is decided on a table that has the change, by the order of things and not
 * by hope (libs/domain/webhook/definition-lease.ts); nobody waits longer than `waitMsMax`; however many wait, the outbox is asked once
 * in ten milliseconds.
 */
import { setTimeout as pauseFor } from 'node:timers/promises';
import { definitionSettledMs } from '../../../libs/domain/webhook/definition-lease.ts';
import type { OutboxStore, WaitingRows } from '../../../libs/postgres/outbox/outbox-store.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { topics } from '../../../libs/wire/topics.ts';

export interface DefinitionsInForceOptions {
  readonly outbox: Pick<OutboxStore, 'waitingOf'>;
  /** 0: nobody waits. */
  readonly waitMsMax: number;
  readonly logger: Logger;
  readonly lookAgainMs?: number;
}

interface Waiter {
  readonly webhookId: string;
  /** The newest row of the webhook at the first look, which came after its change: what is newer is of others. Null: not looked yet. */
  upTo: number | null;
  readonly until: number;
  readonly settle: (isRelayed: boolean) => void;
}

export class DefinitionsInForce {
  private readonly options: Required<DefinitionsInForceOptions>;
  private waiters: Waiter[] = [];
  private isLooking = false;

  constructor(options: DefinitionsInForceOptions) {
    this.options = { lookAgainMs: 10, ...options };
  }

  /** False: Kafka has not taken it by then. True too where nobody waits. */
  async isInForce(webhookId: string): Promise<boolean> {
    if (this.options.waitMsMax === 0) return true;
    if (!(await this.isRelayed(webhookId))) return false;
    await pauseFor(definitionSettledMs);
    return true;
  }

  private isRelayed(webhookId: string): Promise<boolean> {
    const { waitMsMax } = this.options;
    return new Promise((settle) => {
      // The database may not answer either.
      const deadline = setTimeout(settle, waitMsMax, false);
      const settled = (isRelayed: boolean) => {
        clearTimeout(deadline);
        settle(isRelayed);
      };
      this.waiters.push({ webhookId, upTo: null, until: monotonicMs() + waitMsMax, settle: settled });
      if (!this.isLooking) void this.look();
    });
  }

  private async look(): Promise<void> {
    this.isLooking = true;
    while (this.waiters.length > 0) {
      // Those that are asked for: who comes while the answer is under way is in the next question.
      const asked = this.waiters;
      this.waiters = [];
      const waiting = await this.waitingOf(asked);
      const now = monotonicMs();
      for (const waiter of asked) {
        if (isRelayed(waiter, waiting)) waiter.settle(true);
        else if (now >= waiter.until) waiter.settle(false);
        else this.waiters.push(waiter);
      }
      if (this.waiters.length > 0) await pauseFor(this.options.lookAgainMs);
    }
    this.isLooking = false;
  }

  /** A row is gone once Kafka has acknowledged its record. Null: nobody knows. */
  private async waitingOf(asked: readonly Waiter[]): Promise<ReadonlyMap<string, WaitingRows> | null> {
    const ids = [...new Set(asked.map(({ webhookId }) => webhookId))];
    try {
      return await this.options.outbox.waitingOf(topics.definitions.name, ids);
    } catch (error) {
      this.options.logger.debug(errorFields(error), 'what waits in the outbox is not known');
      return null;
    }
  }
}

/** Rows go in the order of their ids. A webhook that is changed all the time always has one that waits. */
function isRelayed(waiter: Waiter, waiting: ReadonlyMap<string, WaitingRows> | null): boolean {
  if (waiting === null) return false;
  const rows = waiting.get(waiter.webhookId);
  if (rows === undefined) return true;
  waiter.upTo ??= rows.newest;
  return rows.oldest > waiter.upTo;
}

/**
 * The head of a strict webhook: the delivery that its successors wait for. It is tried in its place instead of going
 * to a retry tier. When its successors are diverted while its attempt runs, a copy of it goes before them, so that
 * the log of what is parked has the order; the copy then takes over, or is passed over when the attempt was the last.
 */
import type { Delivery, ParkedDelivery } from '../../libs/domain/delivery.ts';
import { settledHead } from './parked-state.ts';
import type { HeadState } from './parked-log.ts';

interface Head {
  readonly delivery: Delivery;
  /** Of its record in the main topic. */
  readonly offset: number;
}

interface Running extends Head {
  isCopied: boolean;
}

export type Resumed =
  | { readonly kind: 'send'; readonly delivery: Delivery }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'settled' };

export class StrictHeads {
  private readonly running = new Map<string, Running>();

  /** A main item of a strict webhook is being tried. */
  started(delivery: Delivery, offset: number): void {
    this.running.set(delivery.webhookId, { delivery, offset, isCopied: false });
  }

  /** The running head, to be parked before the successors that are about to be; null when there is none to copy. */
  copyOf(webhookId: string): Head | null {
    const head = this.running.get(webhookId);
    if (head === undefined || head.isCopied) return null;
    head.isCopied = true;
    return head;
  }

  /** True when there is a copy of the running head in the parked lane, or on its way there. */
  isCopied(webhookId: string): boolean {
    return this.running.get(webhookId)?.isCopied === true;
  }

  /** The attempt of a main item has ended. @returns true when there is a copy of it in the parked lane */
  ended(webhookId: string): boolean {
    const head = this.running.get(webhookId);
    this.running.delete(webhookId);
    return head?.isCopied === true;
  }

  clear(): void {
    this.running.clear();
  }
}

/** What to do with a delivery from the parked lane, given what the log knows of it beyond what is written in it. */
export function resume(delivery: ParkedDelivery, head: HeadState | null, now: number): Resumed {
  if (head?.attempt === settledHead) return { kind: 'settled' };
  const due = head?.notBefore ?? delivery.notBefore ?? 0;
  if (due > now) return { kind: 'wait', until: due };
  if (head === null) return { kind: 'send', delivery };
  return { kind: 'send', delivery: { ...delivery, attempt: delivery.attempt + head.attempt, trigger: 'retry' } };
}

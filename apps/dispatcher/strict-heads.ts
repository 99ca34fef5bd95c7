/**
 * The head of a strict webhook: the delivery that its successors wait for. It is tried in its place instead of going
 * to a retry tier. When its successors are diverted while its attempt runs, a copy of it goes before them, so that
 * the log of what is parked has the order; the copy then takes over, or is skipped when the attempt was the last.
 */
import type { Delivery, ParkedDelivery } from '../../libs/domain/delivery.ts';
import type { LaneItem } from './lanes.ts';
import type { ParkedLog } from './parked-log.ts';

interface Running {
  readonly delivery: Delivery;
  isCopied: boolean;
}

/** What the copy has to know of the attempt that ran when it was made. */
type Fate =
  { readonly kind: 'running' } | { readonly kind: 'done' } | { readonly kind: 'failed'; readonly notBefore: number };

export type Resumed =
  | { readonly kind: 'send'; readonly delivery: Delivery; readonly item: LaneItem }
  | { readonly kind: 'wait'; readonly item: LaneItem }
  | { readonly kind: 'done' };

export class StrictHeads {
  private readonly running = new Map<string, Running>();
  private readonly fates = new Map<string, Fate>();

  /** A main item of a strict webhook is being tried. */
  started(delivery: Delivery): void {
    this.running.set(delivery.webhookId, { delivery, isCopied: false });
  }

  /** The running head, to be parked before the successors that are about to be; null when there is none to copy. */
  copyOf(webhookId: string): Delivery | null {
    const head = this.running.get(webhookId);
    if (head === undefined || head.isCopied) return null;
    head.isCopied = true;
    this.fates.set(head.delivery.deliveryId, { kind: 'running' });
    return head.delivery;
  }

  /** The attempt of a main item has ended. @returns true when a copy in the parked lane takes over */
  ended(delivery: Delivery, notBefore: number | null): boolean {
    const head = this.running.get(delivery.webhookId);
    this.running.delete(delivery.webhookId);
    if (head?.isCopied !== true) return false;
    this.fates.set(delivery.deliveryId, notBefore === null ? { kind: 'done' } : { kind: 'failed', notBefore });
    return true;
  }

  /** What to do with an item that was taken to be sent, given what became of it before. */
  resume(delivery: Delivery | ParkedDelivery, item: LaneItem, now: number): Resumed {
    const fate = item.source === 'parked' ? this.fates.get(delivery.deliveryId) : undefined;
    this.fates.delete(delivery.deliveryId);
    if (fate?.kind === 'done') return { kind: 'done' };
    const triedSince = item.triedSince + (fate?.kind === 'failed' ? 1 : 0);
    const due = fate?.kind === 'failed' ? fate.notBefore : dueOf(delivery, item);
    if (due > now) return { kind: 'wait', item: { ...item, triedSince, notBefore: due } };
    return { kind: 'send', delivery: asTried(delivery, triedSince), item: { ...item, triedSince } };
  }

  clear(): void {
    this.running.clear();
    this.fates.clear();
  }
}

/** A parked record that the last commit knew to have been tried goes on from there. */
export function restoredItem(log: ParkedLog, webhookId: string, item: LaneItem): LaneItem {
  const restored = item.source === 'parked' ? log.restoredAttempt(webhookId, item.offset) : null;
  return restored === null ? item : { ...item, triedSince: restored.attempt, notBefore: restored.notBefore };
}

function dueOf(delivery: Delivery | ParkedDelivery, item: LaneItem): number {
  if (item.notBefore > 0) return item.notBefore;
  return 'notBefore' in delivery ? (delivery.notBefore ?? 0) : 0;
}

function asTried(delivery: Delivery, triedSince: number): Delivery {
  if (triedSince === 0) return delivery;
  return { ...delivery, attempt: delivery.attempt + triedSince, trigger: 'retry' };
}

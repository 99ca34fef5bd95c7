/**
 * The head of a strict webhook: the delivery that its successors wait for. It is tried in its place instead of going
 * to a retry tier. When its successors are diverted while its attempt runs, a copy of it goes before them, so that
 * the log of what is parked has the order; the copy then takes over, or is passed over when the attempt was the last.
 */
import type { Delivery, ParkedDelivery } from '../../../libs/domain/delivery/delivery.ts';
import { retryDelayMsMax } from '../../../libs/domain/delivery/retry.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { LaneItem } from './lane-item.ts';
import { settledHead } from '../parked/parked-state.ts';
import type { HeadState } from '../parked/parked-log.ts';

/** Its record in the main topic, and the stay in which that was read. */
type Main = Pick<LaneItem, 'offset' | 'lease' | 'name'>;

interface Head extends Main {
  readonly delivery: Delivery;
}

interface Running extends Head {
  isCopied: boolean;
}

type Known =
  | { readonly kind: 'send'; readonly delivery: Delivery }
  /** Unix milliseconds. */
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'settled' };

/** `dueAt`: on the monotonic clock. */
export type Resumed = Exclude<Known, { kind: 'wait' }> | { readonly kind: 'wait'; readonly dueAt: number };

/** How soon the copy of a head looks again whether the attempt at the head has ended. */
const headAgainMs = 50;

export class StrictHeads {
  private readonly running = new Map<string, Running>();

  /** A main item of a strict webhook is being tried. */
  started(delivery: Delivery, { offset, lease, name }: Main): void {
    this.running.set(delivery.webhookId, { delivery, offset, lease, name, isCopied: false });
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

  /** The copy of a head that is still being tried: it has to wait for that, in whatever order its webhook is sent to by now. */
  isRunning({ webhookId, deliveryId }: Pick<Delivery, 'webhookId' | 'deliveryId'>): boolean {
    const head = this.running.get(webhookId);
    return head?.isCopied === true && head.delivery.deliveryId === deliveryId;
  }

  /** The attempt of a main item has ended. @returns true when there is a copy of it in the parked lane */
  ended(webhookId: string): boolean {
    const head = this.running.get(webhookId);
    this.running.delete(webhookId);
    return head?.isCopied === true;
  }
}

/** What to do with a delivery from the parked lane, given what the log knows of it beyond what is written in it. */
export function resume(delivery: ParkedDelivery, head: HeadState | null, now: number): Known {
  if (head?.attempt === settledHead) return { kind: 'settled' };
  const due = head?.notBefore ?? delivery.notBefore ?? 0;
  if (due > now) return { kind: 'wait', until: due };
  if (head === null) return { kind: 'send', delivery };
  return { kind: 'send', delivery: { ...delivery, attempt: delivery.attempt + head.attempt, trigger: 'retry' } };
}

/** What to do with the delivery of an item, given what is known of it beyond what is written in it. */
export function resumedFrom(delivery: Delivery, item: LaneItem): Resumed {
  if (item.source === 'main') return { kind: 'send', delivery };
  if (item.partition.heads.isRunning(delivery)) return { kind: 'wait', dueAt: monotonicMs() + headAgainMs };
  const head = item.partition.log.headAt(delivery.webhookId, item.offset);
  // What was put back has waited for its time, whatever the clock says now.
  const known = resume(delivery as ParkedDelivery, head, item.notBefore > 0 ? Infinity : Date.now());
  return known.kind === 'wait' ? { kind: 'wait', dueAt: dueAt(known.until) } : known;
}

/** @param until Unix milliseconds @returns the same on the monotonic clock, no later than the longest delay of a retry */
export function dueAt(until: number): number {
  return monotonicMs() + Math.min(Math.max(0, until - Date.now()), retryDelayMsMax);
}

/**
 * In: deliveries that give their place in memory up: a lane that is diverted, the head of a strict webhook. Out: records
 * for the parked lane; offsets of the main topic, complete once these are acknowledged.
 * Holds: they go to the parked lane in the order in which they were diverted; the running head of a strict webhook goes
 * before its successors; from the moment they are diverted a revoke waits for them.
 */
import type { Delivery, ParkedDelivery, ParkedReason } from '../../libs/domain/delivery.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { DeliveryReader } from './delivery-reader.ts';
import type { DispatchMetrics } from './dispatch-metrics.ts';
import type { LaneItem } from './lane-item.ts';
import type { Partition } from './partition.ts';
import { parkedFrom, type DispatchCodecs, type Parking, type Reports } from './reports.ts';
import type { StrictHeads } from './strict-heads.ts';

export interface ParkerOptions {
  readonly codecs: DispatchCodecs;
  readonly reports: Reports;
  readonly metrics: DispatchMetrics;
  readonly strictHeads: StrictHeads;
  readonly acknowledgements: Acknowledgements;
  /** By number, those that this member holds. */
  readonly partitions: ReadonlyMap<number, Partition>;
  readonly reader: DeliveryReader;
}

/** What a parked delivery has besides those of a delivery. */
type ParkedFields = Omit<ParkedDelivery, keyof Delivery>;

/** What is complete once it is parked. */
type Moved = Pick<LaneItem, 'lease' | 'offset'>;

export class Parker {
  private readonly options: ParkerOptions;
  private readonly extendDelivery: (framed: Buffer, more: ParkedFields) => Buffer | null;
  /** Diverted in this turn and not appended yet. */
  private readonly leaving = new Map<Partition, { parked: Parking[]; moved: Moved[] }>();

  constructor(options: ParkerOptions) {
    this.options = options;
    const { codecs } = options;
    this.extendDelivery = codecs.parked.extension(codecs.delivery);
  }

  /** All of one webhook and one partition, in their order. */
  divert(webhookId: string, items: readonly LaneItem[], reason: ParkedReason): void {
    const [first] = items;
    if (first === undefined) return;
    const partition = this.options.partitions.get(first.lease.partition);
    if (partition === undefined) return; // revoked meanwhile: another member reads them
    const parkedAt = Date.now();
    const head = this.options.strictHeads.copyOf(webhookId);
    const parked: Parking[] = [];
    const moved: Moved[] = [];
    if (head !== null) {
      const value = this.options.codecs.parked.encode(parkedFrom(head.delivery, reason, null, parkedAt));
      parked.push({ webhookId, value, mainOffset: head.offset });
      // The copy stands for it from now on: read again after a crash it would be parked again, behind its successors.
      moved.push({ lease: partition.main, offset: head.offset });
    }
    for (const item of items) {
      const value = this.parkedValue(item, webhookId, { parkedAt, parkedReason: reason, notBefore: null });
      if (value === null) continue;
      parked.push({ webhookId, value, mainOffset: item.offset });
      moved.push(item);
    }
    this.parkSoon(partition, parked, moved);
    this.options.metrics.parked(reason, items.length);
  }

  /** At once; `done` runs when it is acknowledged. */
  park(partition: Partition, parked: readonly Parking[], done: () => void): void {
    // What was diverted before goes before.
    this.parkNow();
    for (const { webhookId } of parked) partition.log.diverting(webhookId);
    this.options.acknowledgements.follow(partition, this.options.reports.park(partition.main.partition, parked), done);
  }

  /** As it came, with the fields that a parked one has besides: a backlog is not worth decoding. */
  private parkedValue(item: LaneItem, webhookId: string, more: ParkedFields): Buffer | null {
    const extended = this.extendDelivery(item.value, more);
    if (extended !== null) return extended;
    const delivery = this.options.reader.read(item, webhookId);
    return delivery === null ? null : this.options.codecs.parked.encode({ ...delivery, ...more });
  }

  /** Together with what else is diverted in this turn: a burst is diverted record by record, as it is read. */
  private parkSoon(partition: Partition, parked: readonly Parking[], moved: readonly Moved[]): void {
    for (const { webhookId } of parked) partition.log.diverting(webhookId);
    let leaving = this.leaving.get(partition);
    if (leaving === undefined) {
      leaving = { parked: [], moved: [] };
      // A revoke between now and then has to wait for them too.
      partition.opened();
      if (this.leaving.size === 0) {
        void Promise.resolve().then(() => {
          this.parkNow();
        });
      }
      this.leaving.set(partition, leaving);
    }
    leaving.parked.push(...parked);
    leaving.moved.push(...moved);
  }

  private parkNow(): void {
    for (const [partition, { parked, moved }] of this.leaving) {
      this.leaving.delete(partition);
      this.options.acknowledgements.follow(
        partition,
        this.options.reports.park(partition.main.partition, parked),
        () => {
          for (const item of moved) item.lease.complete(item.offset);
        },
      );
      partition.settled();
    }
  }
}

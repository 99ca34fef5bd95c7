/**
 * In: deliveries that give their place in memory up: a lane that is diverted, the head of a strict webhook. Out: records
 * for the parked lane; offsets of the main topic, complete once these are acknowledged.
 * Holds: they go to the parked lane in the order in which they were diverted; the running head of a strict webhook goes
 * before its successors; from the moment they are diverted a revoke waits for them.
 */
import type { Delivery, ParkedDelivery, ParkedReason } from '../../../libs/domain/delivery/delivery.ts';
import { settleWithoutPost } from '../../../libs/domain/delivery/settle.ts';
import type { PartitionLease } from '../../../libs/kafka/record.ts';
import { RecordRefusedError } from '../../../libs/kafka/producer/append-error.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { Acknowledgements } from '../acknowledgements.ts';
import type { DeliveryReader } from '../delivery-reader.ts';
import type { DispatchMetrics } from '../dispatch-metrics.ts';
import type { LaneItem } from '../lanes/lane-item.ts';
import type { Partition } from '../partition.ts';
import type { OpenAppend } from './partition-appends.ts';
import { parkedFrom, type DispatchCodecs, type Parking, type Reports } from '../reports.ts';

export interface ParkerOptions {
  readonly codecs: DispatchCodecs;
  readonly reports: Reports;
  readonly metrics: DispatchMetrics;
  readonly logger: Logger;
  readonly acknowledgements: Acknowledgements;
  readonly reader: DeliveryReader;
}

/** From here on a record is appended alone: no topic of ours takes less. */
const aloneFromBytes = 64 * 1_024;

/** What a parked delivery has besides those of a delivery. */
type ParkedFields = Omit<ParkedDelivery, keyof Delivery>;

/** What is complete once it is parked. */
type Moved = Pick<LaneItem, 'lease' | 'offset'>;

interface Leaving {
  readonly parked: Parking[];
  readonly moved: Moved[];
}

export class Parker {
  private readonly options: ParkerOptions;
  private readonly extendDelivery: (framed: Buffer, more: ParkedFields) => Buffer | null;
  /** Diverted in this turn and not appended yet. */
  private readonly leaving = new Map<Partition, Leaving>();

  constructor(options: ParkerOptions) {
    this.options = options;
    const { codecs } = options;
    this.extendDelivery = codecs.parked.extension(codecs.delivery);
  }

  /** All of one webhook and one partition, in their order. */
  divert(partition: Partition, webhookId: string, items: readonly LaneItem[], reason: ParkedReason): void {
    if (!partition.isHeld) return; // revoked meanwhile: whoever has it next reads them
    const parkedAt = Date.now();
    const head = partition.heads.copyOf(webhookId);
    const parked: Parking[] = [];
    const moved: Moved[] = [];
    if (head !== null) {
      const value = this.options.codecs.parked.encode(parkedFrom(head.delivery, reason, null, parkedAt));
      parked.push({ webhookId, value, mainOffset: head.offset, mainRecord: head.name });
      // The copy stands for it from now on: read again after a crash it would be parked again, behind its successors.
      moved.push(head);
    }
    for (const item of items) {
      const value = this.parkedValue(item, webhookId, { parkedAt, parkedReason: reason, notBefore: null });
      if (value === null) continue;
      parked.push({ webhookId, value, mainOffset: item.offset, mainRecord: item.name });
      moved.push(item);
    }
    this.parkSoon(partition, parked, moved);
    this.options.metrics.parked(reason, items.length);
  }

  /** One that was tried, at once. */
  park(partition: Partition, parking: Parking, lease: PartitionLease): void {
    // What was diverted before goes before.
    this.parkNow();
    partition.log.diverting(parking.webhookId);
    this.append(partition, { parked: [parking], moved: [{ lease, offset: parking.mainOffset }] });
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
    for (const { offset } of moved) partition.starts(offset);
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
    for (const [partition, leaving] of this.leaving) {
      this.leaving.delete(partition);
      this.append(partition, leaving);
      partition.settled();
    }
  }

  /** What may be too large for the topic goes alone: should Kafka refuse it, nothing else is. */
  private append(partition: Partition, { parked, moved }: Leaving): void {
    let begin = 0;
    for (let index = 0; index <= parked.length; index += 1) {
      const one = parked[index];
      if (one !== undefined && one.value.length < aloneFromBytes) continue;
      this.appendRun(partition, parked.slice(begin, index), moved.slice(begin, index));
      if (one !== undefined) this.appendLarge(partition, one, moved.slice(index, index + 1));
      begin = index + 1;
    }
  }

  private appendRun(partition: Partition, parked: readonly Parking[], moved: readonly Moved[]): void {
    if (parked.length === 0) return;
    const append = begun(partition, parked);
    this.options.acknowledgements.follow(partition, this.options.reports.park(partition, parked), () => {
      partition.appends.end(append);
      for (const { offset, lease } of moved) partition.completeMain(offset, lease);
    });
  }

  private appendLarge(partition: Partition, parking: Parking, moved: readonly Moved[]): void {
    const append = begun(partition, [parking]);
    const acknowledged = this.options.reports.park(partition, [parking]).catch((error: unknown) => {
      if (!(error instanceof RecordRefusedError)) throw error;
      return this.end(partition, parking, error);
    });
    this.options.acknowledgements.follow(partition, acknowledged, () => {
      partition.appends.end(append);
      for (const { offset, lease } of moved) partition.completeMain(offset, lease);
    });
  }

  /** It cannot wait in the parked lane, and must not hold the main one: it ends. */
  private async end(partition: Partition, parking: Parking, error: Error): Promise<void> {
    const { webhookId, value, mainOffset, mainRecord } = parking;
    this.options.logger.error({ webhookId, mainOffset, ...errorFields(error) }, 'a delivery is too large to be parked');
    const delivery = this.options.codecs.parked.decode(value);
    if (delivery === null) throw error;
    const { outcome } = settleWithoutPost(delivery, 'payload_too_large', error.message, Date.now());
    await this.options.reports.settle(outcome, { kind: 'none' }, mainRecord);
    partition.log.refused(webhookId);
  }
}

function begun(partition: Partition, parked: readonly Parking[]): OpenAppend {
  let bytes = 0;
  for (const { value } of parked) bytes += value.length;
  return partition.appends.begin(monotonicMs(), parked.length, bytes);
}

/**
 * In: records for one partition. Out: the batch that is to be sent now, with the sequence number of its first record.
 * Holds: records keep their order; one batch at a time; a batch that may have reached a broker keeps its records and its
 * numbers until its end is known, and no other record ever gets numbers under which a batch may be in the log.
 *
 * The sequence moves on only when a batch is acknowledged, so the next batch has the numbers of one that was refused.
 * That is safe while no try of the refused one had an unknown end. Otherwise the partition takes the next epoch: its
 * sequence starts at 0, and brokers refuse what is still on its way under the epoch before (KIP-360).
 */
import { AppendWithdrawnError } from '../producer/append-error.ts';
import type { PendingAppend, PendingAppends, QueuedRecord } from '../producer/pending-append.ts';

export interface ProduceBatch {
  readonly records: readonly QueuedRecord[];
  readonly bytes: number;
  /** A try of it ended in a way that leaves open whether it is in the log. */
  isInDoubt: boolean;
  /** Made of one that was refused: not to be joined again. */
  readonly isPart: boolean;
  /** Of all of its records; null before the first try. */
  timestampMs: number | null;
}

/** Should all of it go to one partition, it is still a batch that Kafka takes. */
export const batchBytesMax = 900 * 1_024;
export const batchRecordsMax = 2_000;
/** A topic that takes less per batch is served in batches of at least so much. */
const batchBytesFloor = 16 * 1_024;
const sequenceMax = 2 ** 31 - 1;
const epochMax = 2 ** 15 - 1;

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  /** Null: to be had from a broker. */
  producerId: bigint | null = null;
  epoch = 0;
  /** Of the first record of the batch that is under way or comes next. */
  sequence = 0;
  private queued: QueuedRecord[] = [];
  private head = 0;
  private queuedBytes = 0;
  private batches: ProduceBatch[] = [];
  private bytesMax = batchBytesMax;
  private readonly pending: PendingAppends;

  constructor(topic: string, partition: number, pending: PendingAppends) {
    this.topic = topic;
    this.partition = partition;
    this.key = `${topic}-${partition}`;
    this.pending = pending;
  }

  get isEmpty(): boolean {
    return this.batches.length === 0 && this.head === this.queued.length;
  }

  /** Bytes that could leave with the next batch, and behind it. */
  get bytes(): number {
    return this.queuedBytes + (this.batches[0]?.bytes ?? 0);
  }

  push(record: QueuedRecord): void {
    this.queued.push(record);
    this.queuedBytes += record.bytes;
  }

  /** The batch that is under way or to be sent; null when nothing waits. */
  batch(): ProduceBatch | null {
    const [first] = this.batches;
    if (first !== undefined) return first;
    const formed = this.form();
    if (formed !== null) this.batches.push(formed);
    return formed;
  }

  /** It is in the log. */
  acknowledge(batch: ProduceBatch): void {
    this.remove(batch);
    this.sequence += batch.records.length;
    this.pending.acknowledge(batch.records);
  }

  /** It is not in the log, and will not be sent again. */
  refuse(batch: ProduceBatch, error: Error): void {
    this.remove(batch);
    if (batch.isInDoubt) this.nextEpoch();
    for (const record of batch.records) this.pending.refuse(record, error);
  }

  /** Its halves take its place: something in it is refused. */
  split(batch: ProduceBatch, isTooLarge: boolean): void {
    if (batch.isInDoubt) this.nextEpoch();
    if (isTooLarge) this.bytesMax = Math.max(batchBytesFloor, Math.min(this.bytesMax, batch.bytes / 2));
    const middle = Math.ceil(batch.records.length / 2);
    this.remove(batch);
    this.batches.unshift(partOf(batch.records.slice(0, middle)), partOf(batch.records.slice(middle)));
  }

  /** It was never sent: its records may leave in other batches, or be withdrawn. */
  dissolve(batch: ProduceBatch): void {
    if (batch.isInDoubt || batch.isPart) return;
    this.remove(batch);
    const kept = batch.records.filter(({ append }) => !append.isWithdrawn);
    this.queued = [...kept, ...this.queued.slice(this.head)];
    this.head = 0;
    for (const { bytes } of kept) this.queuedBytes += bytes;
    for (const record of batch.records) {
      record.append.taken -= 1;
      if (record.append.isWithdrawn) this.pending.refuse(record, new AppendWithdrawnError('withdrawn, and never sent'));
    }
  }

  /** Brokers refuse from now on what is on its way under the numbers used until now. */
  nextEpoch(): void {
    if (this.epoch >= epochMax) this.producerId = null;
    else this.epoch += 1;
    this.sequence = 0;
  }

  use({ producerId, epoch }: { readonly producerId: bigint; readonly epoch: number }): void {
    this.producerId = producerId;
    this.epoch = epoch;
    this.sequence = 0;
  }

  /** Takes the records of an append out that are in no batch. */
  drop(append: PendingAppend): QueuedRecord[] {
    const waiting = this.queued.slice(this.head);
    const dropped = waiting.filter((record) => record.append === append);
    for (const { bytes } of dropped) this.queuedBytes -= bytes;
    this.queued = waiting.filter((record) => record.append !== append);
    this.head = 0;
    return dropped;
  }

  /** Of what waits, something will go on waiting, however long nobody takes it. */
  get isPatient(): boolean {
    const [batch] = this.batches;
    return batch?.records.some(isPatient) === true || this.queued.slice(this.head).some(isPatient);
  }

  /** Of an append that does not wait for an operator. A batch that may be in the log is refused as a whole or not at all. */
  refuseImpatient(error: Error): void {
    for (const batch of [...this.batches]) {
      if (!batch.records.some(isPatient)) this.refuse(batch, error);
      else this.dissolve(batch);
    }
    const kept: QueuedRecord[] = [];
    for (const record of this.queued.slice(this.head)) {
      if (isPatient(record) && !record.append.hasEnded) kept.push(record);
      else {
        this.queuedBytes -= record.bytes;
        if (record.append.hasEnded) this.pending.skip(record);
        else this.pending.refuse(record, error);
      }
    }
    this.queued = kept;
    this.head = 0;
  }

  /** All that is under way and queued. */
  refuseAll(error: Error): void {
    for (const batch of [...this.batches]) this.refuse(batch, error);
    for (let batch = this.form(); batch !== null; batch = this.form()) {
      for (const record of batch.records) this.pending.refuse(record, error);
    }
  }

  private form(): ProduceBatch | null {
    const { records, bytes } = this.take();
    if (records.length === 0) return null;
    // Nothing is under way here: what came before is acknowledged or was never taken.
    if (this.sequence > sequenceMax - records.length) this.nextEpoch();
    for (const { append } of records) append.taken += 1;
    return { records, bytes, isInDoubt: false, isPart: false, timestampMs: null };
  }

  private take(): { records: QueuedRecord[]; bytes: number } {
    const records: QueuedRecord[] = [];
    let bytes = 0;
    while (records.length < batchRecordsMax) {
      const next = this.queued[this.head];
      if (next === undefined || (records.length > 0 && bytes + next.bytes > this.bytesMax)) break;
      this.head += 1;
      this.queuedBytes -= next.bytes;
      if (next.append.hasEnded) {
        this.pending.skip(next);
        continue;
      }
      records.push(next);
      bytes += next.bytes;
    }
    if (this.head === this.queued.length) this.queued = [];
    else if (this.head > 10_000) this.queued = this.queued.slice(this.head);
    else return { records, bytes };
    this.head = 0;
    return { records, bytes };
  }

  private remove(batch: ProduceBatch): void {
    this.batches.splice(this.batches.indexOf(batch), 1);
  }
}

function isPatient({ append }: QueuedRecord): boolean {
  return append.isPatient;
}

function partOf(records: readonly QueuedRecord[]): ProduceBatch {
  const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
  return { records, bytes, isInDoubt: false, isPart: true, timestampMs: null };
}

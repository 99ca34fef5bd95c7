/**
 * In: appends of records, and what became of each record. Out: the answer to each append, and the sums of what is open.
 * Holds: an append is answered once all of its records are acknowledged, or at the first that is refused, unless it asked
 * to be told of each record: then once all of them have ended. Every record is counted until it is acknowledged, refused
 * or withdrawn.
 */
import { InOrder, type Ordered } from '../../runtime/in-order.ts';
import { monotonicMs } from '../../runtime/monotonic.ts';
import type { BatchRecord } from '../batch/record-batch-writer.ts';
import type { OutgoingRecord } from '../record.ts';

export interface PendingAppend extends Ordered {
  readonly appendedAt: number;
  /** Records that are neither acknowledged nor refused. */
  open: number;
  openBytes: number;
  /** Records that were put into a batch: they may be in Kafka, or get there. */
  taken: number;
  /** Answered before all of its records were: what is still queued of it is not sent. */
  hasEnded: boolean;
  /** It is told of each record, and was withdrawn: what turns out not to be sent is not sent later either. */
  isWithdrawn: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
  /** Told how each record ended; null: the append ends at the first that is refused. */
  readonly onSettled: OnSettled | null;
  /** It waits for a permission, a topic or a partition, however long; else it is refused after a while. */
  readonly isPatient: boolean;
}

/** How a record of an append ended: `index` as in the append; null when it was acknowledged. */
export type OnSettled = (index: number, error: Error | null) => void;

/** A record on its way, in the form in which batches are written. */
export interface QueuedRecord extends BatchRecord {
  readonly topic: string;
  /** Null: chosen by key, or at random without one. */
  readonly partition: number | null;
  readonly bytes: number;
  readonly append: PendingAppend;
  /** Its place in the append. */
  readonly index: number;
}

/** What surrounds a record on the wire: lengths, deltas, attributes (Kafka protocol, record format v2), rounded up. */
const recordOverheadBytes = 30;
const headerOverheadBytes = 10;

export function bytesOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = recordOverheadBytes + (key === null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0);
  for (const name in headers) {
    bytes += headerOverheadBytes + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '');
  }
  return bytes;
}

export class PendingAppends {
  private openRecords = 0;
  private openBytes = 0;
  /** Those that were not answered, in the order in which they came. */
  private readonly appends = new InOrder<PendingAppend>();
  private emptied: (() => void) | null = null;
  private readonly now: () => number;

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number = monotonicMs) {
    this.now = now;
  }

  /** Records that are neither acknowledged nor refused, those under way included. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    return { records: this.openRecords, bytes: this.openBytes };
  }

  /** When the oldest append came that was not answered, on the clock of this; null when there is none. */
  get oldestAt(): number | null {
    return this.appends.first?.appendedAt ?? null;
  }

  /** How long that one has waited, in milliseconds; 0 when there is none. */
  get oldestMs(): number {
    const { oldestAt } = this;
    return oldestAt === null ? 0 : this.now() - oldestAt;
  }

  /** Resolves once nothing is open. */
  whenEmpty(): Promise<void> {
    if (this.openRecords === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.emptied = resolve;
    });
  }

  /** `bytes`: the sum of the sizes that its records will have. */
  begin(
    records: number,
    bytes: number,
    { resolve, reject, onSettled, isPatient }: Pick<PendingAppend, 'resolve' | 'reject' | 'onSettled' | 'isPatient'>,
  ): PendingAppend {
    const append: PendingAppend = {
      appendedAt: this.now(),
      open: records,
      openBytes: bytes,
      taken: 0,
      hasEnded: false,
      isWithdrawn: false,
      resolve,
      reject,
      onSettled,
      isPatient,
      before: undefined,
      after: undefined,
    };
    this.appends.add(append);
    this.openRecords += records;
    this.openBytes += bytes;
    return append;
  }

  acknowledge(records: readonly QueuedRecord[]): void {
    for (const record of records) {
      const { append } = record;
      this.close(record);
      append.onSettled?.(record.index, null);
      if (append.open > 0 || append.hasEnded) continue;
      this.appends.delete(append);
      append.resolve();
    }
    this.tellIfEmpty();
  }

  /** Of its append, what was not put into a batch yet will not be sent any more, unless it is told of each record. */
  refuse(record: QueuedRecord, error: Error): void {
    const { append } = record;
    this.close(record);
    if (append.onSettled === null) {
      append.hasEnded = true;
      this.appends.delete(append);
      append.reject(error);
    } else {
      append.onSettled(record.index, error);
      if (append.open === 0) {
        this.appends.delete(append);
        append.resolve();
      }
    }
    this.tellIfEmpty();
  }

  /** A queued record whose append has ended leaves the queue. */
  skip(record: QueuedRecord): void {
    this.close(record);
    this.tellIfEmpty();
  }

  /**
   * Whether its queued records are to be dropped. One that is told of each record goes on with what was sent of it; another one
   * is withdrawn as a whole, if nothing of it is under way or acknowledged, and has ended then.
   */
  withdraw(append: PendingAppend, error: Error): boolean {
    if (append.hasEnded || append.open === 0) return false;
    if (append.onSettled !== null) {
      append.isWithdrawn = true;
      return true;
    }
    if (append.taken > 0) return false;
    append.hasEnded = true;
    this.appends.delete(append);
    append.reject(error);
    return true;
  }

  /** Records that will not be sent, because their append was withdrawn. */
  drop(records: readonly QueuedRecord[], error: Error): void {
    for (const record of records) {
      if (record.append.hasEnded) this.skip(record);
      else this.refuse(record, error);
    }
  }

  private close({ bytes, append }: QueuedRecord): void {
    append.open -= 1;
    append.openBytes -= bytes;
    this.openRecords -= 1;
    this.openBytes -= bytes;
  }

  private tellIfEmpty(): void {
    if (this.openRecords === 0) this.emptied?.();
  }
}

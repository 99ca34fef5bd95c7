/**
 * In: appends of records. Out: batches to send, in the order of the appends, and the answer to each append.
 * Holds: a record leaves the queue when it is acknowledged or refused; an append is answered once all of its records
 * are; bounded batches: no batch is larger than what one partition takes in one request.
 */
import { monotonicMs } from '../runtime/monotonic.ts';
import type { OutgoingRecord } from './record.ts';

/** A record in the form that kafkajs takes. Its partition is chosen at the first try and kept: see RecordSink. */
export interface OutgoingMessage {
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Record<string, string | Buffer>;
  partition?: number;
}

export interface QueuedRecord {
  readonly topic: string;
  readonly message: OutgoingMessage;
  readonly bytes: number;
  readonly append: PendingAppend;
}

interface PendingAppend {
  readonly appendedAt: number;
  open: number;
  isRefused: boolean;
  resolve(): void;
  reject(error: Error): void;
}

export interface BatchLimits {
  readonly bytesMax: number;
  readonly recordsMax: number;
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

export class OutgoingQueue {
  private queued: QueuedRecord[] = [];
  private head = 0;
  private openRecords = 0;
  private openBytes = 0;
  /** In the order in which they came; those before the head were answered. */
  private appends: PendingAppend[] = [];
  private appendsHead = 0;
  private readonly now: () => number;

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number = monotonicMs) {
    this.now = now;
  }

  /** Records that are neither acknowledged nor refused, those under way included. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    return { records: this.openRecords, bytes: this.openBytes };
  }

  /** How long the oldest append that was not answered has waited, in milliseconds; 0 when there is none. */
  get oldestMs(): number {
    const oldest = this.appends[this.appendsHead];
    return oldest === undefined ? 0 : this.now() - oldest.appendedAt;
  }

  get isEmpty(): boolean {
    return this.head === this.queued.length;
  }

  /** Resolves when all are acknowledged; rejects at the first that is refused. */
  append(records: readonly OutgoingRecord[], sizes: readonly number[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const appendedAt = this.now();
      const append: PendingAppend = { appendedAt, open: records.length, isRefused: false, resolve, reject };
      this.appends.push(append);
      records.forEach((record, index) => {
        const bytes = sizes[index] ?? 0;
        this.queued.push({ topic: record.topic, message: messageOf(record), bytes, append });
        this.openBytes += bytes;
      });
      this.openRecords += records.length;
    });
  }

  /** At least one record, when there are any. They stay among those waiting until answered. */
  take({ bytesMax, recordsMax }: BatchLimits): QueuedRecord[] {
    const batch: QueuedRecord[] = [];
    let bytes = 0;
    while (batch.length < recordsMax) {
      const next = this.queued[this.head];
      if (next === undefined || (batch.length > 0 && bytes + next.bytes > bytesMax)) break;
      this.head += 1;
      if (next.append.isRefused) {
        this.close(next);
        continue;
      }
      batch.push(next);
      bytes += next.bytes;
    }
    if (this.head === this.queued.length) this.queued = [];
    else if (this.head > 10_000) this.queued = this.queued.slice(this.head);
    else return batch;
    this.head = 0;
    return batch;
  }

  acknowledge(records: readonly QueuedRecord[]): void {
    for (const record of records) {
      this.close(record);
      record.append.open -= 1;
      if (record.append.open === 0 && !record.append.isRefused) record.append.resolve();
    }
    this.dropAnswered();
  }

  /** Of its append, what was not taken yet will not be sent any more. */
  refuse(record: QueuedRecord, error: Error): void {
    this.close(record);
    record.append.isRefused = true;
    record.append.reject(error);
    this.dropAnswered();
  }

  refuseAll(error: Error): void {
    for (let batch = this.take(everything); batch.length > 0; batch = this.take(everything)) {
      for (const record of batch) this.refuse(record, error);
    }
  }

  private dropAnswered(): void {
    for (;;) {
      const oldest = this.appends[this.appendsHead];
      if (oldest === undefined || (oldest.open > 0 && !oldest.isRefused)) break;
      this.appendsHead += 1;
    }
    if (this.appendsHead === this.appends.length) this.appends = [];
    else if (this.appendsHead > 10_000) this.appends = this.appends.slice(this.appendsHead);
    else return;
    this.appendsHead = 0;
  }

  private close(record: QueuedRecord): void {
    this.openRecords -= 1;
    this.openBytes -= record.bytes;
  }
}

const everything: BatchLimits = { bytesMax: Infinity, recordsMax: Infinity };

function messageOf({ key, value, headers, partition }: OutgoingRecord): OutgoingMessage {
  return {
    key,
    value,
    ...(headers === undefined ? {} : { headers }),
    ...(partition === undefined ? {} : { partition }),
  };
}

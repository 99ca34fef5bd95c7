/**
 * For apps that work in big batches. In: batches of all partitions as they are fetched. Out: everything that waits,
 * handed to one asynchronous worker at a time.
 * Holds: order per partition; bounded in records and bytes, by pausing partitions; after an error nothing is worked
 * any more, so that nothing behind it is taken for done.
 */
import type { PartitionLease, RecordBatch } from './record.ts';

export interface BatchPumpOptions {
  /** Records in memory above which the partitions pause. */
  readonly maxRecords: number;
  /** Bytes of keys and values in memory above which the partitions pause. */
  readonly maxBytes: number;
  /** Records handed to one run of `work`, at most. */
  readonly maxPerRun: number;
  /** One run at a time. Completes offsets itself through batch.lease.complete(offset), where Kafka keeps them. */
  work(batches: readonly RecordBatch[]): Promise<void>;
  /** `work` rejected: a programmer error. The pump stands still from now on; the process should leave. */
  onError(error: unknown): void;
}

interface Waiting {
  readonly batch: RecordBatch;
  readonly bytes: number;
}

export class BatchPump {
  private readonly options: BatchPumpOptions;
  private readonly leases = new Set<PartitionLease>();
  private waiting: Waiting[] = [];
  private records = 0;
  private bytes = 0;
  private isPaused = false;
  private isBroken = false;
  private running: Promise<void> | null = null;

  constructor(options: BatchPumpOptions) {
    this.options = options;
  }

  enqueue(batch: RecordBatch): void {
    if (this.isBroken) return;
    const bytes = bytesOf(batch);
    this.waiting.push({ batch, bytes });
    this.records += batch.records.length;
    this.bytes += bytes;
    this.leases.add(batch.lease);
    const isFull = this.records > this.options.maxRecords || this.bytes > this.options.maxBytes;
    if (isFull && !this.isPaused) this.pauseAll();
    else if (this.isPaused) batch.lease.pause();
    // In a microtask: the other partitions of the same fetch go with it.
    this.running ??= Promise.resolve().then(() => this.run());
  }

  /** Resolves when everything enqueued so far was worked, or never will be. */
  async drain(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      for (let batches = this.next(); batches.length > 0; batches = this.next()) {
        await this.options.work(batches);
        this.resumeIfRoom();
      }
      this.resumeIfRoom();
    } catch (error) {
      this.isBroken = true;
      this.waiting = [];
      this.pauseAll();
      this.options.onError(error);
    } finally {
      this.running = null;
    }
  }

  /** Batches for the next run; those of partitions that were given up meanwhile are dropped. */
  private next(): RecordBatch[] {
    const batches: RecordBatch[] = [];
    let room = this.options.maxPerRun;
    let used = 0;
    for (const { batch, bytes } of this.waiting) {
      if (room <= 0) break;
      if (batch.lease.isHeld && batch.records.length > room) {
        const [taken, rest] = split(batch, room);
        batches.push(taken);
        const takenBytes = bytesOf(taken);
        this.records -= room;
        this.bytes -= takenBytes;
        this.waiting[used] = { batch: rest, bytes: bytes - takenBytes };
        break;
      }
      used += 1;
      this.records -= batch.records.length;
      this.bytes -= bytes;
      if (!batch.lease.isHeld) continue;
      room -= batch.records.length;
      batches.push(batch);
    }
    this.waiting.splice(0, used);
    return batches;
  }

  private pauseAll(): void {
    this.isPaused = true;
    for (const lease of this.leases) {
      if (lease.isHeld) lease.pause();
      else this.leases.delete(lease);
    }
  }

  private resumeIfRoom(): void {
    const { maxRecords, maxBytes } = this.options;
    if (!this.isPaused || this.records > maxRecords / 2 || this.bytes > maxBytes / 2) return;
    this.isPaused = false;
    for (const lease of this.leases) {
      if (lease.isHeld) lease.resume();
      else this.leases.delete(lease);
    }
  }
}

function bytesOf({ records }: RecordBatch): number {
  let bytes = 0;
  for (const { key, value } of records) bytes += (key?.length ?? 0) + (value?.length ?? 0);
  return bytes;
}

function split(batch: RecordBatch, count: number): [RecordBatch, RecordBatch] {
  const rest = batch.records.slice(count);
  const middle = rest[0]?.offset ?? batch.nextOffset;
  return [
    { ...batch, records: batch.records.slice(0, count), nextOffset: middle },
    { ...batch, records: rest, fetchedOffset: middle },
  ];
}

/**
 * For apps that work in big batches. In: batches of all partitions as they are fetched. Out: everything that waits,
 * handed to one asynchronous worker at a time.
 * Holds: order per partition; partitions take turns, so a long one keeps no other waiting; bounded in records and bytes,
 * by pausing partitions; of a partition that is given up only what was handed out is worked; after an error nothing is
 * worked any more, so that nothing behind it is taken for done.
 */
import type { PartitionLease, RecordBatch } from '../record.ts';

export interface BatchPumpOptions {
  /** Records in memory above which the partitions pause; until half of it they stay paused. */
  readonly maxRecords: number;
  /** Bytes of keys and values in memory, likewise. */
  readonly maxBytes: number;
  /** Records of one partition in memory above which that one alone pauses, likewise. Default: no such limit. */
  readonly maxPerPartition?: number;
  /** Records of one partition that a run has kept above which that one pauses, likewise. Default: no such limit. */
  readonly maxKeptPerPartition?: number;
  /** Records handed to one run of `work`, at most. */
  readonly maxPerRun: number;
  /** Of those, records of one partition at most. Default: as many as there is room for. */
  readonly maxPerPartitionAndRun?: number;
  /** One run at a time. Completes offsets itself through batch.lease.complete(offset), where Kafka keeps them. */
  work(batches: readonly RecordBatch[]): Promise<void>;
  /** `work` rejected: a programmer error. The pump stands still from now on; the process should leave. */
  onError(error: unknown): void;
}

/** What waits of one partition. */
interface Line {
  readonly lease: PartitionLease;
  batches: RecordBatch[];
  records: number;
  /** Handed out and still in memory. */
  kept: number;
  isPaused: boolean;
  /** Nothing more of it is taken. */
  isGivenUp: boolean;
}

export class BatchPump {
  private readonly options: BatchPumpOptions;
  /** In the order of their turns. */
  private readonly lines = new Map<PartitionLease, Line>();
  private records = 0;
  private bytes = 0;
  private isPaused = false;
  private isBroken = false;
  private running: Promise<void> | null = null;
  /** What was handed out last. */
  private inHand: Promise<void> | null = null;

  constructor(options: BatchPumpOptions) {
    this.options = options;
  }

  enqueue(batch: RecordBatch): void {
    if (this.isBroken) return;
    const line = this.lineOf(batch.lease);
    if (line.isGivenUp) return;
    line.batches.push(batch);
    line.records += batch.records.length;
    this.records += batch.records.length;
    this.bytes += bytesOf(batch);
    const { maxRecords, maxBytes } = this.options;
    const isFull = this.records > maxRecords || this.bytes > maxBytes;
    if (isFull && !this.isPaused) this.pauseAll();
    else if (this.isPaused || this.isOver(line, 1)) pause(line);
    // In a microtask: the other partitions of the same fetch go with it.
    this.running ??= Promise.resolve().then(() => this.run());
  }

  /** A record of a finished run is still in memory: it counts until {@link letGo}. */
  keep(lease: PartitionLease, bytes: number): void {
    this.lineOf(lease).kept += 1;
    this.records += 1;
    this.bytes += bytes;
  }

  letGo(lease: PartitionLease, bytes: number): void {
    const line = this.lines.get(lease);
    if (line !== undefined) line.kept -= 1;
    this.records -= 1;
    this.bytes -= bytes;
    if (this.running === null && !this.isBroken) this.resumeIfRoom();
  }

  /** True while a partition is not read because of what was kept. */
  get isFull(): boolean {
    if (this.isPaused) return true;
    const { maxKeptPerPartition = Infinity } = this.options;
    for (const { kept } of this.lines.values()) if (kept > maxKeptPerPartition / 2) return true;
    return false;
  }

  /**
   * These partitions are being given up: what waits of them is left to whoever gets them, who reads it again. Resolves when what
   * was handed out is worked, or never will be. A member that is behind holds so much that working it would outlast any deadline,
   * and what such a deadline cuts off is done twice.
   */
  async drain(leases: readonly PartitionLease[]): Promise<void> {
    for (const lease of leases) {
      const line = this.lineOf(lease);
      for (const batch of line.batches) this.count(line, batch);
      line.batches = [];
      line.isGivenUp = true;
    }
    if (this.running === null && !this.isBroken) this.resumeIfRoom();
    // Not all that the pump goes on with: the next stay may have begun by then.
    await this.inHand?.catch(() => undefined);
  }

  private async run(): Promise<void> {
    try {
      for (let batches = this.next(); batches.length > 0; batches = this.next()) {
        this.inHand = this.options.work(batches);
        await this.inHand;
        this.resumeIfRoom();
      }
      this.resumeIfRoom();
    } catch (error) {
      this.isBroken = true;
      for (const line of this.lines.values()) line.batches = [];
      this.pauseAll();
      this.options.onError(error);
    } finally {
      this.running = null;
    }
  }

  /** Batches for the next run, an equal share of each partition that has so many. */
  private next(): RecordBatch[] {
    this.forgetGivenUp();
    const { maxPerRun, maxPerPartitionAndRun = maxPerRun } = this.options;
    const taken: RecordBatch[] = [];
    const sums = new Map<Line, number>();
    let room = maxPerRun;
    const isWaiting = (line: Line) => line.batches.length > 0 && (sums.get(line) ?? 0) < maxPerPartitionAndRun;
    for (let waiting = this.lined(isWaiting); room > 0 && waiting.length > 0; waiting = this.lined(isWaiting)) {
      const share = Math.ceil(room / waiting.length);
      for (const line of waiting.slice(0, room)) {
        const sum = sums.get(line) ?? 0;
        const count = this.take(line, Math.min(share, room, maxPerPartitionAndRun - sum), taken);
        sums.set(line, sum + count);
        room -= count;
        // Its next turn comes after everybody else's.
        this.lines.delete(line.lease);
        this.lines.set(line.lease, line);
      }
    }
    return taken;
  }

  private lined(isWanted: (line: Line) => boolean): Line[] {
    return [...this.lines.values()].filter(isWanted);
  }

  /** Moves at most `share` records of a line to `taken`. @returns how many */
  private take(line: Line, share: number, taken: RecordBatch[]): number {
    let left = share;
    while (left > 0) {
      const batch = line.batches.shift();
      if (batch === undefined) break;
      const [part, rest] = batch.records.length > left ? split(batch, left) : [batch, null];
      if (rest !== null) line.batches.unshift(rest);
      taken.push(part);
      this.count(line, part);
      left -= part.records.length;
    }
    return share - left;
  }

  /** What waits of a partition that another member has is that member's to work. */
  private forgetGivenUp(): void {
    for (const line of this.lines.values()) {
      if (line.lease.isHeld) continue;
      for (const batch of line.batches) this.count(line, batch);
      this.lines.delete(line.lease);
    }
  }

  private count(line: Line, gone: RecordBatch): void {
    line.records -= gone.records.length;
    this.records -= gone.records.length;
    this.bytes -= bytesOf(gone);
  }

  private lineOf(lease: PartitionLease): Line {
    let line = this.lines.get(lease);
    if (line === undefined) {
      line = { lease, batches: [], records: 0, kept: 0, isPaused: false, isGivenUp: false };
      this.lines.set(lease, line);
    }
    return line;
  }

  /** Over the limits of one partition, or over a part of them. */
  private isOver(line: Line, divisor: number): boolean {
    const { maxPerPartition = Infinity, maxKeptPerPartition = Infinity } = this.options;
    return line.records > maxPerPartition / divisor || line.kept > maxKeptPerPartition / divisor;
  }

  private pauseAll(): void {
    this.isPaused = true;
    for (const line of this.lines.values()) pause(line);
  }

  private resumeIfRoom(): void {
    const { maxRecords, maxBytes } = this.options;
    if (this.isPaused && (this.records > maxRecords / 2 || this.bytes > maxBytes / 2)) return;
    this.isPaused = false;
    for (const line of this.lines.values()) {
      if (!line.isPaused || this.isOver(line, 2)) continue;
      line.isPaused = false;
      if (line.lease.isHeld) line.lease.resume();
    }
  }
}

function pause(line: Line): void {
  line.isPaused = true;
  if (line.lease.isHeld) line.lease.pause();
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

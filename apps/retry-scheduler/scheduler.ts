/**
 * In: deliveries of the retry tiers, each with the moment before which it must not be attempted. Out: the same on
 * webhook.deliveries, within 250 ms after that moment and never before it.
 *
 * Holds:
 * - An offset is complete only once its delivery is acknowledged somewhere else, so a restart reads what it has not
 *   passed on again, and advances nothing.
 * - Each tier but the first is paused while what was fetched of it waits: nothing behind can be due sooner. The first
 *   takes every delay under 30 s, so it is read on and each delivery keeps its own moment.
 * - Memory is bounded: of each longer tier one fetch per partition; of what is kept for its last stretch (and of the
 *   first tier) `heldRecordsMax` and `heldBytesMax`. Beyond, every partition is paused after its next batch, until there
 *   is room: deliveries are late then, none is lost. What has longer to wait goes back to Kafka (nextStep).
 * - What is due is written before what goes on waiting.
 */
import { retryTiers, type RetryTier, type RetryTierName } from '../../libs/domain/retry.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { DueQueue } from './due-queue.ts';
import { nextStep } from './next-step.ts';

export interface SchedulerLimits {
  readonly heldRecordsMax: number;
  readonly heldBytesMax: number;
  /**
   * Offsets read behind one that waits, from which on it is in the way: commits of a partition speak of 24,000 offsets,
   * so reading stops when its lowest incomplete one lies further back, until it is nearer than half of that.
   */
  readonly offsetsBehindMax: number;
}

/** A delivery that waits. Its bytes are a copy: a part of what was fetched would keep all of it in memory. */
export interface WaitingRetry {
  readonly notBefore: number;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** Where it is passed on to: null: it is due, back to webhook.deliveries; else to wait in that tier. */
  readonly tier: RetryTierName | null;
}

export interface SchedulerOptions {
  readonly limits: SchedulerLimits;
  readonly tierOf: (topic: string) => RetryTier;
  /** The moment of a retry. @throws for a value that cannot be read */
  readonly notBeforeOf: (value: Buffer) => number;
  /** Writes retries to where they go; resolves when they are acknowledged there. */
  readonly passOn: (retries: readonly WaitingRetry[]) => Promise<void>;
  /** Sets a record aside that cannot be read; resolves when that is acknowledged. */
  readonly setAside: (record: KafkaRecord, error: unknown) => Promise<void>;
  /** False while too much waits for Kafka's acknowledgement. */
  readonly mayWrite: () => boolean;
  /** A write failed for good: what it was for stays incomplete. */
  readonly onFailed: (error: unknown) => void;
  readonly now: () => number;
  /** Calls `run` once, not before `delayMs` have passed; the answer calls it off. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

/** Partitions are read on a little before what was fetched is over, so that the next is there in time. */
const readAheadMs = 1_000;
/** The clock may be set while a timer runs: none is trusted for longer. */
const timerMsMax = 1_000;
/** How soon to look again when Kafka or memory has no room. */
const lookAgainMs = 50;
const writtenAtOnceMax = 2_000;
/** On the way to other tiers at the same time: these have at least seconds, what is due has not. */
const hopsAtOnceMax = 1_000;

interface WaitingRecord extends WaitingRetry {
  readonly kind: 'record';
  readonly lease: PartitionLease;
  readonly offset: number;
  tier: RetryTierName | null;
  /** Counts towards the bounds. */
  isHeld: boolean;
}

interface Resumption {
  readonly kind: 'resumption';
  readonly lease: PartitionLease;
}

export class Scheduler {
  private readonly options: SchedulerOptions;
  private readonly queue = new DueQueue<WaitingRecord | Resumption>();
  private readonly writing = new Set<Promise<void>>();
  /** The newest offset that was read of each partition. */
  private readonly newest = new WeakMap<PartitionLease, number>();
  private readonly leaving = new WeakSet<PartitionLease>();
  private readonly held = { records: 0, bytes: 0 };
  private isFull = false;
  private hopping = 0;
  private timer: { readonly at: number; readonly callOff: () => void } | null = null;

  constructor(options: SchedulerOptions) {
    this.options = options;
  }

  /** What is in memory: everything, and of that what counts towards the bounds. */
  get waiting(): { readonly all: number; readonly held: number; readonly heldBytes: number } {
    return { all: this.queue.size, held: this.held.records, heldBytes: this.held.bytes };
  }

  /** How long the earliest in memory has been due, in milliseconds: what Kafka or the process does not keep up with. */
  get pastDueMs(): number {
    const { nextAt } = this.queue;
    return nextAt === null ? 0 : Math.max(0, this.options.now() - nextAt);
  }

  take({ lease, records }: RecordBatch): void {
    if (this.leaving.has(lease)) return;
    const tier = this.options.tierOf(lease.topic);
    const isFirst = tier === retryTiers[0];
    let lastAt = 0;
    for (const record of records) lastAt = Math.max(lastAt, this.accept(lease, record, tier.delayMs, isFirst));
    this.newest.set(lease, records.at(-1)?.offset ?? 0);
    this.work();
    const now = this.options.now();
    if (!isFirst && lastAt - readAheadMs > now) this.pause(lease, lastAt - readAheadMs);
    else if (this.isFull) this.pause(lease, now + lookAgainMs);
  }

  /** Partitions are given up: what waits is forgotten, to be read again by whoever gets them. */
  async release(leases: readonly PartitionLease[]): Promise<void> {
    const gone = new Set(leases);
    for (const lease of leases) this.leaving.add(lease);
    this.queue.remove((item) => {
      if (!gone.has(item.lease)) return false;
      if (item.kind === 'record') this.letGo(item);
      return true;
    });
    await Promise.all(this.writing);
    this.work();
  }

  close(): void {
    this.timer?.callOff();
    this.timer = null;
  }

  /** Gives a record its place and answers when it is looked at again. */
  private accept(lease: PartitionLease, record: KafkaRecord, tierMs: number, isFirst: boolean): number {
    const { value, headers, offset } = record;
    let notBefore: number;
    try {
      if (value === null) throw new Error('a retry without a value');
      notBefore = this.options.notBeforeOf(value);
    } catch (error) {
      this.completeAfter(this.options.setAside(record, error), [{ lease, offset }]);
      return 0;
    }
    const copy = Buffer.from(value);
    const place = { lease, offset, tier: null, isHeld: false };
    const item: WaitingRecord = { ...place, kind: 'record', notBefore, value: copy, headers };
    if (isFirst) this.hold(item);
    const at = Math.min(notBefore, record.timestampMs + tierMs);
    this.queue.push(at, item);
    return at;
  }

  /** Does what is due, then sets the timer for what is next. */
  private work(): void {
    const now = this.options.now();
    while (this.options.mayWrite()) {
      const { due, hops } = this.popDue(now);
      if (due.length + hops.length === 0) break;
      if (due.length > 0) this.completeAfter(this.options.passOn(due), due);
      if (hops.length > 0) {
        this.hopping += hops.length;
        this.completeAfter(
          this.options.passOn(hops).finally(() => (this.hopping -= hops.length)),
          hops,
        );
      }
    }
    this.checkBounds();
    this.arm(now);
  }

  private popDue(now: number): { due: WaitingRecord[]; hops: WaitingRecord[] } {
    const due: WaitingRecord[] = [];
    const hops: WaitingRecord[] = [];
    while (due.length + hops.length < writtenAtOnceMax) {
      const item = this.queue.popDue(now);
      if (item === null) break;
      if (item.kind === 'resumption') this.resume(item, now);
      else this.place(item, now, due, hops);
    }
    return { due, hops };
  }

  private place(item: WaitingRecord, now: number, due: WaitingRecord[], hops: WaitingRecord[]): void {
    const offsetsBehind = (this.newest.get(item.lease) ?? item.offset) - item.offset;
    const step = nextStep(item.notBefore, now, {
      isInTheWay: offsetsBehind > this.options.limits.offsetsBehindMax,
      isRoomy: this.fillLevel() < 0.25,
    });
    switch (step.kind) {
      case 'due':
        item.tier = null;
        due.push(item);
        this.letGo(item);
        return;
      case 'hold':
        this.hold(item);
        this.queue.push(step.until, item);
        return;
      case 'hop':
        if (this.hopping + hops.length >= hopsAtOnceMax) {
          this.hold(item);
          // Not all at once again: tens of thousands may wait for this.
          this.queue.push(now + 500 + (item.offset % 500), item);
          return;
        }
        item.tier = step.tier;
        hops.push(item);
        this.letGo(item);
    }
  }

  private completeAfter(written: Promise<void>, from: readonly { lease: PartitionLease; offset: number }[]): void {
    const done = written
      .then(() => {
        for (const { lease, offset } of from) lease.complete(offset);
      })
      .catch(this.options.onFailed)
      .finally(() => this.writing.delete(done));
    this.writing.add(done);
  }

  private pause(lease: PartitionLease, until: number): void {
    lease.pause();
    this.queue.push(until, { kind: 'resumption', lease });
    this.arm(this.options.now());
  }

  private resume(resumption: Resumption, now: number): void {
    const { lease } = resumption;
    if (!lease.isHeld) return;
    if (this.isFull) this.queue.push(now + lookAgainMs, resumption);
    else lease.resume();
  }

  private hold(item: WaitingRecord): void {
    if (item.isHeld) return;
    item.isHeld = true;
    this.held.records += 1;
    this.held.bytes += item.value.length;
  }

  private letGo(item: WaitingRecord): void {
    if (!item.isHeld) return;
    item.isHeld = false;
    this.held.records -= 1;
    this.held.bytes -= item.value.length;
  }

  private fillLevel(): number {
    const { heldRecordsMax, heldBytesMax } = this.options.limits;
    return Math.max(this.held.records / heldRecordsMax, this.held.bytes / heldBytesMax);
  }

  private checkBounds(): void {
    const level = this.fillLevel();
    // Not full again at once: partitions are resumed for more than a batch.
    this.isFull = level >= 1 || (this.isFull && level >= 0.75);
  }

  private arm(now: number): void {
    const { nextAt } = this.queue;
    if (nextAt === null) return;
    const earliest = this.options.mayWrite() ? now : now + lookAgainMs;
    const at = Math.min(Math.max(nextAt, earliest), now + timerMsMax);
    if (this.timer !== null) {
      if (this.timer.at <= at) return;
      this.timer.callOff();
    }
    const callOff = this.options.after(at - now, () => {
      this.timer = null;
      this.work();
    });
    this.timer = { at, callOff };
  }
}

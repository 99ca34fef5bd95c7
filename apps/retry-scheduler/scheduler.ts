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
 *   first tier) `heldRecordsMax` and `heldBytesMax`, after which the first tier is paused too. From half of that on, what
 *   can wait in the log of another tier goes back to Kafka instead of being kept (nextStep).
 */
import { retryTiers, type RetryTier, type RetryTierName } from '../../libs/domain/retry.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { DueQueue } from './due-queue.ts';
import { nextStep, type Room } from './next-step.ts';

export interface SchedulerLimits {
  readonly heldRecordsMax: number;
  readonly heldBytesMax: number;
  /** Incomplete offsets of one partition from which on nothing is held that can go to the end of a log. */
  readonly leaseIncompleteMax: number;
}

/** A delivery that waits. Its bytes are a copy: a part of what was fetched would keep all of it in memory. */
export interface WaitingRetry {
  readonly notBefore: number;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** A retry and where it goes: null: it is due, back to webhook.deliveries; else to wait in that tier. */
export interface Passed {
  readonly retry: WaitingRetry;
  readonly tier: RetryTierName | null;
}

export interface SchedulerOptions {
  readonly limits: SchedulerLimits;
  readonly tierOf: (topic: string) => RetryTier;
  /** The moment of a retry. @throws for a value that cannot be read */
  readonly notBeforeOf: (value: Buffer) => number;
  /** Writes retries to where they go; resolves when they are acknowledged there. */
  readonly passOn: (passed: readonly Passed[]) => Promise<void>;
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

interface WaitingRecord extends WaitingRetry {
  readonly kind: 'record';
  readonly lease: PartitionLease;
  readonly offset: number;
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
  private readonly firstTier = new Set<PartitionLease>();
  private readonly leaving = new WeakSet<PartitionLease>();
  private readonly held = { records: 0, bytes: 0 };
  private isFull = false;
  private timer: { readonly at: number; readonly callOff: () => void } | null = null;

  constructor(options: SchedulerOptions) {
    this.options = options;
  }

  /** What is in memory: everything, and of that what counts towards the bounds. */
  get waiting(): { readonly all: number; readonly held: number; readonly heldBytes: number } {
    return { all: this.queue.size, held: this.held.records, heldBytes: this.held.bytes };
  }

  take({ lease, records }: RecordBatch): void {
    if (this.leaving.has(lease)) return;
    const tier = this.options.tierOf(lease.topic);
    const isFirst = tier === retryTiers[0];
    let lastAt = 0;
    for (const record of records) lastAt = Math.max(lastAt, this.accept(lease, record, tier.delayMs, isFirst));
    const resumeAt = lastAt - readAheadMs;
    if (isFirst) this.firstTier.add(lease);
    else if (resumeAt > this.options.now()) {
      lease.pause();
      this.queue.push(resumeAt, { kind: 'resumption', lease });
    }
    this.work();
  }

  /** Partitions are given up: what waits is forgotten, to be read again by whoever gets them. */
  async release(leases: readonly PartitionLease[]): Promise<void> {
    const gone = new Set(leases);
    for (const lease of leases) {
      this.leaving.add(lease);
      this.firstTier.delete(lease);
    }
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
    const item: WaitingRecord = { kind: 'record', lease, offset, notBefore, value: copy, headers, isHeld: false };
    if (isFirst) this.hold(item);
    const at = Math.min(notBefore, record.timestampMs + tierMs);
    this.queue.push(at, item);
    return at;
  }

  /** Does what is due, then sets the timer for what is next. */
  private work(): void {
    const now = this.options.now();
    while (this.options.mayWrite()) {
      const { passed, from } = this.popDue(now);
      if (passed.length === 0) break;
      this.completeAfter(this.options.passOn(passed), from);
    }
    this.checkBounds();
    this.arm(now);
  }

  private popDue(now: number): { passed: Passed[]; from: WaitingRecord[] } {
    const passed: Passed[] = [];
    const from: WaitingRecord[] = [];
    while (passed.length < writtenAtOnceMax) {
      const item = this.queue.popDue(now);
      if (item === null) break;
      if (item.kind === 'resumption') {
        this.resume(item, now);
        continue;
      }
      const step = nextStep(item.notBefore, now, this.roomFor(item.lease));
      if (step.kind === 'hold') {
        this.hold(item);
        this.queue.push(item.notBefore, item);
        continue;
      }
      this.letGo(item);
      passed.push({ retry: item, tier: step.kind === 'due' ? null : step.tier });
      from.push(item);
    }
    return { passed, from };
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

  private roomFor(lease: PartitionLease): Room {
    return {
      inMemory: this.fillLevel() < 0.5,
      inPartition: lease.incomplete < this.options.limits.leaseIncompleteMax,
    };
  }

  private fillLevel(): number {
    const { heldRecordsMax, heldBytesMax } = this.options.limits;
    return Math.max(this.held.records / heldRecordsMax, this.held.bytes / heldBytesMax);
  }

  /** The longer tiers are paused anyway while what was fetched of them waits; they resume only when there is room. */
  private checkBounds(): void {
    const level = this.fillLevel();
    if (!this.isFull && level >= 1) {
      this.isFull = true;
      for (const lease of this.firstTier) lease.pause();
    } else if (this.isFull && level < 0.75) {
      this.isFull = false;
      for (const lease of this.firstTier) lease.resume();
    }
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

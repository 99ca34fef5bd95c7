/**
 * In: deliveries of the retry tiers, each with the moment before which it must not be attempted. Out: the same on
 * webhook.deliveries, within 250 ms after that moment and never before it.
 *
 * Holds:
 * - An offset is complete only once its delivery is acknowledged somewhere else, so a restart reads what it has not
 *   passed on again, and advances nothing.
 * - Each tier but the first is paused while what was fetched of it waits: nothing behind can be due sooner. A record that
 *   is stamped later than those around it does not count (log-order.ts). The first takes every delay under 30 s, so it is
 *   read on and each delivery keeps its own moment.
 * - What is stamped later than it was written does not stay in the way of others: it goes on to wait at the end of a log.
 * - Memory is bounded: of each longer tier one fetch per partition; of what is kept for its last stretch (and of the
 *   first tier) `heldRecordsMax` and `heldBytesMax`. Beyond, every partition is paused after its next batch, until there
 *   is room: deliveries are late then, none is lost. What has longer to wait goes back to Kafka (nextStep).
 * - What is due is written before what goes on waiting.
 * - What is being written when its partition is given up is not begun again when that comes back: its end completes it.
 * - All moments are monotonic; the wall times of records are converted when they are read (moments.ts).
 */
import { retryTiers, type RetryTier, type RetryTierName } from '../../libs/domain/delivery/retry.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { DueQueue } from '../../libs/runtime/due-queue.ts';
import { OnItsWay } from './on-its-way.ts';
import { LogOrder } from './log-order.ts';
import { dueTimesOf, type Clocks } from './due-times.ts';
import { nextStep } from './next-step.ts';
import { MemoryBudget } from './memory-budget.ts';
import type { SchedulerOptions } from './scheduler-options.ts';
import { Unread } from './unread.ts';
import { copyOf, ValueStore } from './value-store.ts';
import type { Departure, Resumption, WaitingRecord } from './waiting-record.ts';

/**
 * Partitions are read on before what was fetched is over, so that the next is there in time: with room much sooner, since
 * what failed together in a second comes due together in a second.
 */
const readAheadMs = 1_000;
const roomyReadAheadMs = 8_000;
/** What is due within it is written together: a request for each of thousands a second would cost more than the wait. */
const tickMs = 20;
/** How soon to look again when Kafka or memory has no room. */
const lookAgainMs = 50;
const writtenAtOnceMax = 2_000;
/** On the way to other tiers at the same time: these have at least seconds, what is due has not. */
const hopsAtOnceMax = 1_000;

export class Scheduler {
  private readonly options: SchedulerOptions;
  private readonly queue = new DueQueue<WaitingRecord | Resumption>();
  private readonly values = new ValueStore();
  private readonly writing = new Set<Promise<void>>();
  /** The newest offset that was read of each partition. */
  private readonly newest = new WeakMap<PartitionLease, number>();
  private readonly leaving = new WeakSet<PartitionLease>();
  private readonly room: MemoryBudget;
  private readonly unread = new Unread();
  private readonly onItsWay = new OnItsWay();
  private hopping = 0;
  /** When something was last passed on. */
  private wroteAt = -Infinity;
  private timer: { readonly at: number; readonly callOff: () => void } | null = null;

  constructor(options: SchedulerOptions) {
    this.options = options;
    this.room = new MemoryBudget(options.limits);
  }

  /** What is in memory: everything, and of that what counts towards the bounds. */
  get waiting(): { readonly all: number; readonly held: number; readonly heldBytes: number } {
    return { all: this.queue.size, held: this.room.held.records, heldBytes: this.room.held.bytes };
  }

  /**
   * How long the earliest in memory has been due, or what is unread in Kafka has been overdue, in milliseconds: what
   * Kafka or the process does not keep up with.
   */
  get pastDueMs(): number {
    const { nextAt } = this.queue;
    const now = this.options.now();
    return Math.max(nextAt === null ? 0 : now - nextAt, this.unread.overdueMs(now));
  }

  take(batch: RecordBatch): void {
    const { lease, records } = batch;
    if (this.leaving.has(lease)) return;
    const tier = this.options.tierOf(lease.topic);
    const isFirst = tier === retryTiers[0];
    const now = this.options.now();
    const clocks = { now, wallNow: this.options.wallNow() };
    const isRoomy = this.values.usedBytes < this.options.limits.heldBytesMax / 2;
    // Behind the end of the log nothing can be due before what is written from now on.
    const isMoreBehind = !isFirst && batch.nextOffset < batch.highWatermark;
    const order = isMoreBehind ? new LogOrder(records, clocks.wallNow, isRoomy) : null;
    let lastAt = now;
    for (const [index, record] of records.entries()) {
      const lookAt = this.accept(lease, record, tier, clocks, order?.isInTheWay(record, index) ?? false);
      if (order?.isBelieved(record) ?? true) lastAt = Math.max(lastAt, lookAt);
    }
    this.newest.set(lease, records.at(-1)?.offset ?? 0);
    this.unread.read(batch, isFirst ? now + tier.delayMs : lastAt);
    this.work();
    const readOnAt = lastAt - (isRoomy ? roomyReadAheadMs : readAheadMs);
    if (!isFirst && readOnAt > now) this.pause(lease, readOnAt);
    else if (this.room.isFull) this.pause(lease, now + lookAgainMs);
  }

  /** Partitions are given up: what waits is forgotten, to be read again by whoever gets them. */
  async release(leases: readonly PartitionLease[]): Promise<void> {
    const gone = new Set(leases);
    for (const lease of leases) {
      this.leaving.add(lease);
      this.unread.released(lease);
    }
    this.queue.remove((item) => {
      if (!gone.has(item.lease)) return false;
      if (item.kind === 'record') {
        this.letGo(item);
        this.values.drop(item.handle);
      }
      return true;
    });
    await Promise.all(this.writing);
    this.work();
  }

  close(): void {
    this.timer?.callOff();
    this.timer = null;
  }

  /** Gives a record its place and answers when it is looked at again: at once, if it is in the way of others. */
  private accept(
    lease: PartitionLease,
    record: KafkaRecord,
    tier: RetryTier,
    clocks: Clocks,
    isInTheWay: boolean,
  ): number {
    const { value, headers, offset, timestampMs: writtenAt } = record;
    if (this.onItsWay.isJoined(lease, record)) return clocks.now;
    let notBefore: number;
    try {
      if (value === null) throw new Error('a retry without a value');
      notBefore = this.options.notBeforeOf(value);
    } catch (error) {
      const place = { lease, offset, writtenAt };
      this.onItsWay.begin(place);
      this.follow(
        this.options.setAside(record, error).then(() => {
          this.onItsWay.end(place);
        }),
      );
      return clocks.now;
    }
    const moments = dueTimesOf({ notBefore, writtenAt }, tier, clocks);
    const { dueAt, isCorrected } = moments;
    const lookAt = isInTheWay ? clocks.now : moments.lookAt;
    const kept = { handle: this.values.put(value), bytes: ValueStore.bytesFor(value.length), headers: copyOf(headers) };
    const item: WaitingRecord = {
      kind: 'record',
      lease,
      offset,
      writtenAt,
      dueAt,
      isCorrected,
      ...kept,
      isHeld: false,
    };
    if (tier === retryTiers[0]) this.hold(item);
    this.queue.push(lookAt, item);
    return lookAt;
  }

  /** Does what is due, as much as is written in one go, then sets the timer for what is next. */
  private work(): void {
    const now = this.options.now();
    if (this.options.mayWrite() && this.nextTick(now) <= now) {
      const { due, hops } = this.popDue(now);
      if (due.from.length + hops.from.length > 0) this.wroteAt = now;
      if (due.from.length > 0) this.pass(due);
      if (hops.from.length > 0) {
        this.hopping += hops.from.length;
        this.pass(hops, () => (this.hopping -= 1));
      }
    }
    this.arm(now);
  }

  private popDue(now: number): { due: Departure; hops: Departure } {
    const due: Departure = { from: [], retries: [] };
    const hops: Departure = { from: [], retries: [] };
    while (due.from.length + hops.from.length < writtenAtOnceMax) {
      const item = this.queue.popDue(now);
      if (item === null) break;
      if (item.kind === 'resumption') this.resume(item, now);
      else this.place(item, now, due, hops);
    }
    return { due, hops };
  }

  private place(item: WaitingRecord, now: number, due: Departure, hops: Departure): void {
    const offsetsBehind = (this.newest.get(item.lease) ?? item.offset) - item.offset;
    const step = nextStep(item.dueAt, now, {
      isInTheWay: offsetsBehind > this.options.limits.offsetsBehindMax,
      isRoomy: this.room.level < 0.25,
    });
    switch (step.kind) {
      case 'due':
        this.depart(item, null, due);
        return;
      case 'hold':
        this.hold(item);
        this.queue.push(step.until, item);
        return;
      case 'hop':
        if (this.hopping + hops.from.length >= hopsAtOnceMax) {
          this.hold(item);
          // Not all at once again: tens of thousands may wait for this.
          this.queue.push(now + 500 + (item.offset % 500), item);
          return;
        }
        this.depart(item, step.tier, hops);
    }
  }

  private depart(item: WaitingRecord, tier: RetryTierName | null, departure: Departure): void {
    const { dueAt, isCorrected, handle, headers } = item;
    this.onItsWay.begin(item);
    departure.from.push(item);
    const notBefore = isCorrected ? this.options.wallNow() + dueAt - this.options.now() : null;
    departure.retries.push({ dueAt, notBefore, value: this.values.take(handle), headers, tier });
    this.letGo(item);
  }

  private pass({ from, retries }: Departure, isOver: () => void = () => undefined): void {
    const written = this.options.passOn(retries, (index) => {
      this.onItsWay.end(from[index] as WaitingRecord);
      isOver();
    });
    this.follow(written);
  }

  /** A release waits for it. */
  private follow(written: Promise<void>): void {
    const done = written.catch(this.options.onFailed).finally(() => this.writing.delete(done));
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
    if (this.room.isFull) this.queue.push(now + lookAgainMs, resumption);
    else lease.resume();
  }

  private hold(item: WaitingRecord): void {
    if (item.isHeld) return;
    item.isHeld = true;
    this.room.hold(item.bytes);
  }

  private letGo(item: WaitingRecord): void {
    if (!item.isHeld) return;
    item.isHeld = false;
    this.room.letGo(item.bytes);
  }

  private nextTick(now: number): number {
    return Math.max(now, this.wroteAt + tickMs);
  }

  private arm(now: number): void {
    const { nextAt } = this.queue;
    if (nextAt === null) return;
    const earliest = this.options.mayWrite() ? this.nextTick(now) : now + lookAgainMs;
    const at = Math.max(nextAt, earliest);
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

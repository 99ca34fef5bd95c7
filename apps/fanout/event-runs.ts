/**
 * In: batches of platform events, as many as wait. Out: what they become, acknowledged by Kafka; then their offsets are
 * complete.
 * Holds: the events of a partition are written in its order for each webhook; what one webhook gets in heaps, and an
 * event that becomes a great deal, waits in the backlog and is written in portions, between which the others are served;
 * it counts as in memory until then. No step takes longer than some ten milliseconds, and never are more than four slices
 * of records in memory: two of the runs, two of the backlog.
 *
 * Reading an event and finding its webhooks costs a tenth of what is done for it afterwards, here and in every app
 * behind. So a partition is read on past a burst, and what a burst costs is spread over a few seconds as long as others
 * would feel it: nobody's endpoint takes thousands of deliveries in one.
 */
import { setTimeout as pauseFor, setImmediate as otherEvents } from 'node:timers/promises';
import type { BatchPump } from '../../libs/kafka/consumer/batch-pump.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import type { ReadValue, RecordReader } from '../../libs/wire/mapping/record-reader.ts';
import { Backlog, type BacklogEvent } from './backlog.ts';
import type { Concerned, EventHandler } from './event-handler.ts';
import type { HandledEvent } from './handled-event.ts';
import type { EventWriter } from './event-writer.ts';
import type { Making } from './making.ts';
import { readAhead } from './read-ahead.ts';
import { Slice, sliceBytesMax, type Source } from './slice.ts';
import { TableGate, type DecidingTables } from './table-gate.ts';
import { bytesOf, type WaitingEvent } from './waiting-event.ts';

/** Of one webhook, in one run: beyond that its events wait. A run takes some milliseconds, so that is a burst. */
const perRunMax = 16;
/** Written together while others are served; else whole slices. */
const portionEvents = 32;
/** After a portion, so many times as long as that took. */
const restFactor = 3;
/** After a run that wrote nothing, in milliseconds. */
const readRestMs = 2;
/** Others are being served when an event of theirs was written past the backlog so lately. */
const servedMs = 250;
/** After so many milliseconds of work everything else in the process gets its turn: heartbeats, answers, timers. */
const stepMs = 10;
/** So long an event that is under way is written on when partitions are given up. Its next owner begins it anew. */
const finishMs = 2_000;
/** So long a backlog is written in portions. One that lasts is no burst, but what there is to do. */
const portionsMs = 5_000;

export interface EventRunsOptions {
  readonly handler: EventHandler;
  readonly reader: RecordReader;
  readonly writer: EventWriter;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Those of the handler: nothing is decided while they are not known to be current. Default: they always are. */
  readonly tables?: DecidingTables | undefined;
  /** Resting between portions. Default: by the clock. */
  readonly pause?: (ms: number) => Promise<unknown>;
  /** What the backlog holds counts there. While it is full the backlog comes before everything else. */
  readonly memory: Pick<BatchPump, 'keep' | 'letGo' | 'isFull'>;
  /** The backlog cannot be written any more: nothing behind it may be taken for done. */
  readonly onError: (error: unknown) => void;
}

/** An event of the backlog of which a part is written. */
interface Open {
  readonly event: BacklogEvent<WaitingEvent>;
  readonly rest: NonNullable<HandledEvent['rest']>;
}

export class EventRuns {
  private readonly options: EventRunsOptions;
  private readonly gate: TableGate;
  private readonly backlog = new Backlog<WaitingEvent>({ perRunMax, servedMs });
  private working: Promise<void> | null = null;
  private open: Open | null = null;
  /** Of partitions that are given up: when to leave off an event that is under way. */
  private readonly leaveOffAt = new WeakMap<PartitionLease, number>();
  /** When the present backlog began. */
  private since = 0;

  constructor(options: EventRunsOptions) {
    this.options = options;
    this.gate = new TableGate(options.tables);
  }

  /**
   * Resolves when everything in `batches` is written or waits in the backlog. Rejects only when nothing can be written
   * any more, at the end of the process.
   */
  async work(batches: readonly RecordBatch[]): Promise<void> {
    const { handler, now, reader } = this.options;
    // Without JSONata in a mapping a run begins in the turn in which it is asked for.
    const ahead = reader.readsAhead ? await readAhead(reader, batches, now) : null;
    const startedAt = now();
    this.backlog.beginRun();
    const mayDecide = this.gate.isOpenFor(startedAt);
    const making: Making = { slice: new Slice(), writing: null, arrivedAt: startedAt, since: startedAt, mayDecide };
    const isEnough = (bytes: number) => this.isEnough(making, bytes);
    for (const { lease, records } of batches) {
      for (const record of records) {
        if (now() - making.since >= stepMs) await this.passOn(making);
        if (this.isLeft(lease)) break;
        const isConcerned = reader.concerns(record);
        let value = isConcerned ? (ahead?.get(record) ?? reader.read(record)) : null;
        if (isConcerned && value === null) value = await this.readInTheEnd(record, making);
        if (!making.mayDecide && !(await this.passGate(lease, making))) break;
        // Asked again behind the waits: what stood before it in the backlog is gone then, and must not be overtaken.
        if (this.isLeft(lease)) break;
        const read = handler.read(record, value);
        if (read.isWide || !this.backlog.mayPass(read.webhookIds, startedAt)) {
          const bytes = bytesOf(record, value, read.webhookIds);
          this.wait({ lease, record, value, bytes }, read.webhookIds);
          continue;
        }
        const handled = handler.handle(record, value, read, isEnough);
        making.slice.add({ lease, record }, handled);
        if (handled.rest !== null) await this.makeRest({ lease, record }, making, handled.rest);
        if (making.slice.isFull) await this.passOn(making);
      }
    }
    this.handOn(making);
    this.gate.keepConfirmed(now());
    // All of it is a burst: reading it may take its time, and others have theirs.
    await (making.writing ?? (this.options.pause ?? pauseFor)(readRestMs));
  }

  /** What is not begun of these partitions is read again by whoever gets them. To be drained then. */
  giveUp(leases: readonly PartitionLease[]): void {
    this.gate.giveUp(leases);
    const leaveOffAt = this.options.now() + finishMs;
    for (const lease of leases) if (!this.leaveOffAt.has(lease)) this.leaveOffAt.set(lease, leaveOffAt);
    const given = new Set(leases);
    for (const { lease, bytes } of this.backlog.remove((event) => given.has(event.lease))) {
      this.options.memory.letGo(lease, bytes);
    }
  }

  /** Resolves when what is under way of them is written, unless that takes long. */
  async drain(leases: readonly PartitionLease[]): Promise<void> {
    this.giveUp(leases);
    await this.working;
  }

  /** Another member reads it again. */
  private isLeft = (lease: PartitionLease): boolean => !lease.isHeld || this.gate.leaves(lease);

  /** Part by part. Events behind it are not read meanwhile, so none can overtake it. */
  private async makeRest(source: Source, making: Making, rest: NonNullable<HandledEvent['rest']>): Promise<void> {
    for (let next: HandledEvent['rest'] = rest; next !== null;) {
      await this.passOn(making);
      if (!source.lease.isHeld) return;
      const handled: HandledEvent = next((bytes) => this.isEnough(making, bytes));
      making.slice.add(source, handled);
      next = handled.rest;
    }
  }

  /**
   * Hands on what is made and lets others have their turn. Nothing is left unwritten while this waits: the backlog may go
   * on meanwhile, and must not overtake it.
   */
  private async passOn(making: Making): Promise<void> {
    const before = making.writing;
    this.handOn(making);
    await Promise.all([before, otherEvents()]);
    making.since = this.options.now();
    this.gate.keepConfirmed(making.since);
    making.mayDecide = this.gate.isOpenFor(making.arrivedAt);
  }

  private handOn(making: Making): void {
    if (!making.slice.isEmpty) making.writing = this.options.writer.write(making.slice);
    making.slice = new Slice();
  }

  /** @returns false when the partition is given up before the tables are current */
  private async passGate(lease: PartitionLease, making: Making): Promise<boolean> {
    await this.passOn(making);
    making.mayDecide = await this.gate.pass(lease, making.arrivedAt);
    making.since = this.options.now();
    return making.mayDecide;
  }

  private isEnough({ slice, since }: Pick<Making, 'slice' | 'since'>, bytes: number): boolean {
    return slice.bytes + bytes >= sliceBytesMax || this.options.now() - since >= stepMs;
  }

  /** Without the registry nobody can tell what this is: the stream waits here, and the events wait in Kafka. */
  private async readInTheEnd(record: KafkaRecord, making: Making): Promise<ReadValue> {
    this.handOn(making);
    const value = await this.options.reader.readInTheEnd(record);
    making.mayDecide = this.gate.isOpenFor(making.arrivedAt);
    return value;
  }

  private wait(event: WaitingEvent, webhookIds: Concerned): void {
    this.backlog.wait(event, webhookIds);
    this.options.memory.keep(event.lease, event.bytes);
    if (this.working !== null) return;
    this.since = this.options.now();
    this.working = this.workBacklog().catch((error: unknown) => {
      this.options.onError(error);
    });
  }

  private async workBacklog(): Promise<void> {
    try {
      // The run that is under way has to write first what it let pass.
      await otherEvents();
      while (this.hasWork()) await this.writeAll();
    } finally {
      // Not a moment later: what waits from now on needs somebody who works it.
      this.working = null;
    }
  }

  private hasWork(): boolean {
    return this.open !== null || this.backlog.size > 0;
  }

  private async writeAll(): Promise<void> {
    const { now, writer, pause = pauseFor } = this.options;
    let before: Promise<void> | null = null;
    while (this.hasWork()) {
      // What is under way was decided when it was begun.
      if (this.open === null && !(await this.gate.opens(() => this.hasWork()))) continue;
      const startedAt = now();
      const isShared = this.isShared();
      const slice = this.nextSlice(isShared ? portionEvents : Infinity, startedAt);
      if (slice.isEmpty) continue; // of partitions that others have
      const writing = writer.write(slice);
      // On its own the next slice is made while this one is acknowledged.
      await Promise.all([isShared ? writing : before, otherEvents()]);
      before = writing;
      if (this.hasWork() && this.isShared()) await pause(Math.max(1, now() - startedAt) * restFactor);
    }
    await before;
  }

  private isShared(): boolean {
    const now = this.options.now();
    return now - this.since < portionsMs && !this.options.memory.isFull && this.backlog.isOfFew(now);
  }

  private nextSlice(partsMax: number, since: number): Slice {
    const slice = new Slice();
    const mayDecide = this.gate.isOpen();
    for (let count = 0; count < partsMax && !slice.isFull; count += 1) {
      if (!this.hasWork() || (count > 0 && this.isEnough({ slice, since }, 0))) break;
      if (this.open === null && !mayDecide) break;
      this.addPart(slice, since);
    }
    return slice;
  }

  /** Of the event that is under way, else of the one whose turn it is. */
  private addPart(slice: Slice, since: number): void {
    const { handler, now } = this.options;
    const event = this.open?.event ?? this.backlog.takeNext();
    if (event === null) return;
    const { item } = event;
    const leaveOffAt = this.leaveOffAt.get(item.lease) ?? Infinity;
    const isLeftOff = !item.lease.isHeld || (this.open !== null && now() >= leaveOffAt);
    if (isLeftOff) {
      this.finish(event);
      return;
    }
    const isEnough = (bytes: number) => this.isEnough({ slice, since }, bytes);
    const handled =
      this.open === null ? handler.handle(item.record, item.value, undefined, isEnough) : this.open.rest(isEnough);
    slice.add(item, handled);
    if (handled.rest === null) this.finish(event);
    else this.open = { event, rest: handled.rest };
  }

  private finish(event: BacklogEvent<WaitingEvent>): void {
    this.open = null;
    this.backlog.finish(event);
    this.options.memory.letGo(event.item.lease, event.item.bytes);
  }
}

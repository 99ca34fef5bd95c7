/**
 * In: slices of events with what they became. Out: all of it acknowledged by Kafka; then their offsets are complete.
 * Holds: slices are written in the order of the calls, and the sink keeps that order per partition. One is written after
 * the other, so no more than a slice waits in the sink. Only a partition that cannot be written to while others can is not
 * waited for: the events that need it are left behind, in bounded number, incomplete, and the next slice begins. A record
 * that Kafka refuses is set aside instead of being tried for ever, and takes no other with it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { AppendWithdrawnError, RecordRefusedError } from '../../libs/kafka/producer/append-error.ts';
import type { KafkaRecord, OutgoingRecord, PartitionLease } from '../../libs/kafka/record.ts';
import type { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import { monotonicMs } from '../../libs/runtime/monotonic.ts';
import type { FanoutMetrics } from './fanout-metrics.ts';
import { FanOutReport } from './fan-out-report.ts';
import { Flight } from './flight.ts';
import { LeftBehind } from './left-behind.ts';
import { rejectedRecord } from './rejected-record.ts';
import type { Parts, Slice, SliceEvent } from './slice.ts';

/**
 * So long a slice is waited for before what is left of it is left behind: longer than brokers take to change leaders
 * (broker.session.timeout.ms is 9 s), since an event that is left behind is written again if its partition goes to another owner.
 */
const patienceMsDefault = 15_000;
/** While partitions are given up: less than the deadline for that. */
const drainPatienceMs = 5_000;
/** While something is left behind already: another slice with events for that partition is no news. */
const shortPatienceMs = 100;
/** How soon to ask again whether to begin. */
const lookAgainMs = 50;

export interface EventWriterOptions {
  readonly sink: Pick<RecordSink, 'append'> & Partial<Pick<RecordSink, 'silentMs'>>;
  readonly metrics: FanoutMetrics;
  readonly rejectedTopic: string;
  readonly logger: Logger;
  readonly now: () => number;
  /** While it says no, what is written now might be written by another member as well. Default: it never does. */
  readonly mayStart?: () => boolean;
  /** Milliseconds. Default: 15,000. */
  readonly patienceMs?: number;
}

export class EventWriter {
  private readonly options: EventWriterOptions;
  private readonly report: FanOutReport;
  private readonly patienceMs: number;
  private readonly left: LeftBehind;
  private last: Promise<void> = Promise.resolve();
  private current: Flight | null = null;
  /** Partitions that are being given up. A drain may outlast its deadline, and end when others are. */
  private readonly draining = new Set<PartitionLease>();
  /** Of these something was withdrawn: what comes after it is for their next owner too. */
  private readonly abandoned = new WeakSet<PartitionLease>();
  private readonly parts = new WeakMap<KafkaRecord, Parts>();
  /** Nothing can be written any more. */
  private failure: Error | null = null;
  private tellFailure: (error: Error) => void = () => undefined;

  constructor(options: EventWriterOptions) {
    this.options = options;
    this.report = new FanOutReport(options);
    this.patienceMs = options.patienceMs ?? patienceMsDefault;
    this.left = new LeftBehind(this.report, options.logger);
  }

  /** To be told when nothing can be written any more, and nothing is being written that could reject. */
  onFailure(tell: (error: Error) => void): void {
    this.tellFailure = tell;
  }

  /**
   * Resolves when everything is acknowledged but what was left behind. Rejects only when nothing can be written any more, at
   * the end of the process, and then for every later slice too.
   */
  write(slice: Slice): Promise<void> {
    this.last = this.last.then(() => this.writeNow(slice));
    // Whoever called awaits it, later perhaps; until then a failure must not count as unhandled.
    this.last.catch(() => undefined);
    return this.last;
  }

  /**
   * Partitions are being given up. What is left behind of them is withdrawn: whoever gets them reads it again. What comes after
   * it in their order is then left to the next owner as well.
   */
  beginDrain(leases: readonly PartitionLease[]): void {
    for (const lease of leases) this.draining.add(lease);
    this.withdraw(leases);
  }

  endDrain(leases: readonly PartitionLease[]): void {
    for (const lease of leases) this.draining.delete(lease);
    this.withdraw(leases);
  }

  private withdraw(leases: readonly PartitionLease[]): void {
    const given = new Set(leases);
    if (!this.left.withdraw(given)) return;
    for (const lease of leases) this.abandoned.add(lease);
    const { current } = this;
    if (current === null || ![...current.open].some(({ source }) => given.has(source.lease))) return;
    current.open.clear();
    current.withdrawal.abort();
    current.lookAgain();
  }

  private async writeNow(slice: Slice): Promise<void> {
    const { mayStart } = this.options;
    while (mayStart !== undefined && !mayStart() && this.isWanted(slice.events)) await pause(lookAgainMs);
    const events = slice.events.filter(({ source }) => this.isOurs(source.lease));
    if (events.length === 0) return;
    const flight = new Flight(events);
    this.current = flight;
    this.append(flight, events);
    const isLeft = await this.ended(flight);
    this.current = null;
    this.report.written(events.filter(({ hasEnded }) => hasEnded));
    if (isLeft) this.left.add(flight);
  }

  /** False when all of it has ended; true: what is open is to be left behind. */
  private async ended(flight: Flight): Promise<boolean> {
    const beganAt = monotonicMs();
    while (flight.open.size > 0) {
      if (this.failure !== null) throw this.failure;
      const waited = monotonicMs() - beganAt;
      if (waited >= this.patience && this.left.hasRoomFor(flight, this.isSilent)) return true;
      await flight.news(waited < this.patience ? Math.min(this.patience - waited, 1_000) : shortPatienceMs);
    }
    if (this.failure !== null) throw this.failure;
    return false;
  }

  private get patience(): number {
    if (!this.left.isEmpty) return Math.min(shortPatienceMs, this.patienceMs);
    const isDraining = [...this.draining].some(({ isHeld }) => isHeld);
    return isDraining ? Math.min(drainPatienceMs, this.patienceMs) : this.patienceMs;
  }

  /** No broker has answered anything for nearly as long as the patience lasts. */
  private get isSilent(): boolean {
    return (this.options.sink.silentMs ?? 0) > Math.max(this.patienceMs * 0.9, 10 * shortPatienceMs);
  }

  private isWanted(events: readonly SliceEvent[]): boolean {
    return events.some(({ source }) => this.isOurs(source.lease));
  }

  /** What another member has by now is written there. */
  private isOurs(lease: PartitionLease): boolean {
    return lease.isHeld && !this.abandoned.has(lease);
  }

  private append(flight: Flight, events: readonly SliceEvent[]): void {
    const records: OutgoingRecord[] = [];
    /** By record; no longer once it has ended, since the sink keeps this for as long as one of them is open. */
    const owners: (SliceEvent | null)[] = [];
    const sizes: number[] = [];
    for (const event of events) {
      this.begin(event);
      for (const record of event.handled.records) {
        records.push(record);
        owners.push(event);
        sizes.push(record.value?.length ?? 0);
      }
    }
    const onSettled = (index: number, error: Error | null) => {
      const event = owners[index] as SliceEvent;
      owners[index] = null;
      this.settled(flight, event, sizes[index] as number, error);
    };
    for (const event of events) if (event.total === 0) this.end(flight, event);
    this.options.sink.append(records, { onSettled, signal: flight.withdrawal.signal }).catch((error: unknown) => {
      this.fail(error as Error);
    });
  }

  private begin(event: SliceEvent): void {
    const { record } = event.source;
    let parts = this.parts.get(record);
    if (parts === undefined) {
      if (event.isLast) return;
      parts = { open: 0, hasLast: false };
      this.parts.set(record, parts);
    }
    parts.open += 1;
    parts.hasLast = event.isLast;
    event.parts = parts;
  }

  private settled(flight: Flight, event: SliceEvent, bytes: number, error: Error | null): void {
    // It is for the next owner of its partition, and will not be complete here.
    if (error instanceof AppendWithdrawnError) return;
    if (error !== null && !(error instanceof RecordRefusedError)) {
      this.fail(error);
      return;
    }
    event.settled(bytes, error !== null);
    this.left.settled(event, bytes);
    if (event.open > 0) return;
    if (event.refused === 0) this.end(flight, event);
    else {
      this.setAside(event).then(
        () => {
          this.end(flight, event);
        },
        (failure: unknown) => {
          this.fail(failure as Error);
        },
      );
    }
  }

  private end(flight: Flight, event: SliceEvent): void {
    const { parts, source } = event;
    event.hasEnded = true;
    flight.ended(event);
    this.left.ended(event, flight);
    if (parts !== null) parts.open -= 1;
    if (parts === null || (parts.open === 0 && parts.hasLast)) source.lease.complete(source.record.offset);
  }

  private fail(error: Error): void {
    if (this.failure !== null) return;
    this.failure = error;
    // Whoever is writing is told by a rejection.
    if (this.current === null) this.tellFailure(error);
    else this.current.lookAgain();
  }

  /** What Kafka refuses is left out, and its event is set aside as well, where operators look. */
  private async setAside({ handled, refused, source, total }: SliceEvent): Promise<void> {
    const detail = `Kafka refused ${refused} of ${total} records that it became`;
    const rejection = { reason: 'payload_too_large', detail } as const;
    if (handled.rejection === null) this.options.metrics.eventsRejected(rejection.reason, 1);
    const aside = rejectedRecord(this.options.rejectedTopic, source.record, rejection);
    // Even its bytes may be too large with our headers; where it came from is then what is kept of it.
    if ((await this.isTaken(aside)) || (await this.isTaken({ ...aside, value: null }))) return;
    const { topic, partition, offset } = source.record;
    this.options.logger.error(
      { topic, partition, offset },
      'event given up: Kafka does not accept its rejection either',
    );
  }

  private async isTaken(record: OutgoingRecord): Promise<boolean> {
    try {
      await this.options.sink.append([record]);
      return true;
    } catch (error) {
      if (error instanceof RecordRefusedError) return false;
      throw error;
    }
  }
}

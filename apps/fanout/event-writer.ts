/**
 * In: slices of events with what they became. Out: all of it acknowledged by Kafka; then their offsets are complete.
 * Holds: slices are written in the order of the calls, and the sink keeps that order per partition. One is written after
 * the other, so no more than a slice waits in the sink. Only a partition that cannot be written to while others can is not
 * waited for: the events that need it are left behind, in bounded number, incomplete, and the next slice begins. A record
 * that Kafka refuses is set aside instead of being tried for ever, and takes no other with it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import { AppendWithdrawnError, RecordRefusedError } from '../../libs/kafka/append-error.ts';
import type { RecordSink } from '../../libs/kafka/record-sink.ts';
import { within } from '../../libs/kafka/within.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import type { FanoutMetrics } from './fanout-metrics.ts';
import { FanOutReport } from './fan-out-report.ts';
import { rejectedRecord } from './rejected-record.ts';
import { isLast, sliceEventsMax, type Slice, type SliceEvent } from './slice.ts';

/**
 * So long a slice is waited for before what is left of it is left behind: longer than brokers take to change leaders
 * (broker.session.timeout.ms is 9 s), since an event that is left behind is written again if its partition goes to another owner.
 */
const patienceMs = 15_000;
/** The same while something is left behind already: another slice with events for that partition is no news. */
const shortPatienceMs = 100;
/** Left behind at most. */
const leftEventsMax = 2_000;
const leftBytesMax = 16 * 1024 * 1024;

/** How soon to ask again whether to begin. */
const lookAgainMs = 50;

export interface EventWriterOptions {
  readonly sink: Pick<RecordSink, 'append'>;
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
  private last: Promise<void> = Promise.resolve();
  private leftEvents = 0;
  private leftBytes = 0;
  /** Of what is left behind: withdraws it. */
  private readonly left = new Set<AbortController>();
  /** Nothing can be written any more. */
  private failure: Error | null = null;
  /** Of events in several parts: how many of them have not ended, and whether the last one is known. */
  private readonly parts = new WeakMap<KafkaRecord, { open: number; hasLast: boolean }>();

  constructor(options: EventWriterOptions) {
    this.options = options;
    this.report = new FanOutReport(options);
    this.patienceMs = options.patienceMs ?? patienceMs;
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

  /** Before partitions are given up: whoever gets them reads again, and writes, what is left behind. */
  withdrawLeft(): void {
    for (const withdrawal of [...this.left]) withdrawal.abort();
  }

  private async writeNow(slice: Slice): Promise<void> {
    const { mayStart } = this.options;
    while (mayStart !== undefined && !mayStart() && isHeld(slice)) await pause(lookAgainMs);
    // What another member has by now is written there.
    const events = slice.events.filter(({ source }) => source.lease.isHeld);
    if (events.length === 0) return;
    const withdrawal = new AbortController();
    const written = this.append(events, withdrawal.signal);
    while (!(await within(this.left.size === 0 ? this.patienceMs : shortPatienceMs, written))) {
      const left = events.filter(({ hasEnded }) => !hasEnded);
      if (!this.hasRoomFor(left, events.length)) continue;
      this.report.written(events.filter(({ hasEnded }) => hasEnded));
      this.leave(left, written, withdrawal);
      return;
    }
    this.report.written(events);
  }

  /** While all of Kafka is silent there is nobody to go on for: then it is one slice at most. */
  private hasRoomFor(events: readonly SliceEvent[], inSlice: number): boolean {
    const isSilent = events.length === inSlice && events.every(({ open, total }) => open === total);
    const eventsMax = isSilent ? sliceEventsMax : leftEventsMax;
    return this.leftEvents + events.length <= eventsMax && this.leftBytes + openBytesOf(events) <= leftBytesMax;
  }

  private leave(events: readonly SliceEvent[], written: Promise<void>, withdrawal: AbortController): void {
    const { length } = events;
    const bytes = openBytesOf(events);
    const [first] = events;
    if (this.left.size === 0 && first !== undefined) {
      const { topic, partition, offset } = first.source.record;
      this.options.logger.warn(
        { topic, partition, offset, events: length },
        'a partition cannot be written to: the events that need it are left behind, the others go on',
      );
    }
    for (const event of events) event.forget();
    this.left.add(withdrawal);
    this.leftEvents += length;
    this.leftBytes += bytes;
    void written
      .then(
        () => {
          // What was withdrawn has not ended, and is its next owner's to tell.
          this.report.written(events.filter(({ hasEnded }) => hasEnded));
        },
        () => undefined,
      )
      .finally(() => {
        this.left.delete(withdrawal);
        this.leftEvents -= length;
        this.leftBytes -= bytes;
      });
  }

  /** Resolves when all of them have ended. */
  private async append(events: readonly SliceEvent[], signal: AbortSignal): Promise<void> {
    if (this.failure !== null) throw this.failure;
    const aside: Promise<void>[] = [];
    try {
      await this.options.sink.append(...this.appendOf(events, signal, aside));
      await Promise.all(aside);
    } catch (error) {
      if (error instanceof AppendWithdrawnError) return;
      this.failure ??= error as Error;
    }
    if (this.failure !== null) throw this.failure;
  }

  private appendOf(
    events: readonly SliceEvent[],
    signal: AbortSignal,
    aside: Promise<void>[],
  ): Parameters<RecordSink['append']> {
    const records: OutgoingRecord[] = [];
    const owners: SliceEvent[] = [];
    const sizes: number[] = [];
    for (const event of events) {
      this.begin(event);
      if (event.total === 0) this.end(event);
      for (const record of event.handled.records) {
        records.push(record);
        owners.push(event);
        sizes.push(record.value?.length ?? 0);
      }
    }
    const onSettled = (index: number, error: Error | null) => {
      const event = owners[index] as SliceEvent;
      if (error !== null && !(error instanceof RecordRefusedError)) this.failure ??= error;
      event.settled(sizes[index] as number, error !== null);
      if (event.open > 0 || this.failure !== null) return;
      if (event.refused === 0) this.end(event);
      else aside.push(this.setAside(event));
    };
    return [records, { onSettled, signal }];
  }

  private begin(event: SliceEvent): void {
    const { record } = event.source;
    const parts = this.parts.get(record);
    if (parts === undefined) {
      if (!isLast(event)) this.parts.set(record, { open: 1, hasLast: false });
      return;
    }
    parts.open += 1;
    parts.hasLast = isLast(event);
  }

  private end(event: SliceEvent): void {
    const { lease, record } = event.source;
    event.hasEnded = true;
    const parts = this.parts.get(record);
    if (parts !== undefined) {
      parts.open -= 1;
      if (parts.open > 0 || !parts.hasLast) return;
    }
    lease.complete(record.offset);
  }

  /** What Kafka refuses is left out, and its event is set aside as well, where operators look. */
  private async setAside(event: SliceEvent): Promise<void> {
    const { handled, refused, source, total } = event;
    const detail = `Kafka refused ${refused} of ${total} records that it became`;
    const rejection = { reason: 'payload_too_large', detail } as const;
    if (handled.rejection === null) this.options.metrics.eventsRejected(rejection.reason, 1);
    const aside = rejectedRecord(this.options.rejectedTopic, source.record, rejection);
    // Even its bytes may be too large with our headers; where it came from is then what is kept of it.
    if (!(await this.isTaken(aside)) && !(await this.isTaken({ ...aside, value: null }))) {
      const { topic, partition, offset } = source.record;
      this.options.logger.error({ topic, partition, offset }, 'event given up: Kafka takes not even its rejection');
    }
    this.end(event);
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

/** Of some of its events. */
function isHeld({ events }: Slice): boolean {
  return events.some(({ source }) => source.lease.isHeld);
}

function openBytesOf(events: readonly SliceEvent[]): number {
  let bytes = 0;
  for (const { openBytes } of events) bytes += openBytes;
  return bytes;
}

/**
 * In: slices of events with what they became. Out: all of it acknowledged by Kafka; then their offsets are complete.
 * Holds: one slice is written after the other, in the order of the calls, so no more than a slice waits in the sink; an
 * event is complete only after all that it became is acknowledged, its last part included; a record that Kafka refuses is
 * set aside instead of being tried for ever, and takes no other with it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { RecordRefusedError } from '../../libs/kafka/append-error.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import type { RecordSink } from '../../libs/kafka/record-sink.ts';
import type { Logger } from '../../libs/runtime/logger.ts';
import type { FanoutMetrics } from './fanout-metrics.ts';
import { FanOutReport } from './fan-out-report.ts';
import { Flight } from './flight.ts';
import { rejectedRecord } from './rejected-record.ts';
import type { Parts, Slice, SliceEvent } from './slice.ts';

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
}

export class EventWriter {
  private readonly options: EventWriterOptions;
  private readonly report: FanOutReport;
  private last: Promise<void> = Promise.resolve();
  private current: Flight | null = null;
  private readonly parts = new WeakMap<KafkaRecord, Parts>();
  /** Nothing can be written any more. */
  private failure: Error | null = null;

  constructor(options: EventWriterOptions) {
    this.options = options;
    this.report = new FanOutReport(options);
  }

  /** Rejects only when nothing can be written any more, at the end of the process, and then for every later slice too. */
  write(slice: Slice): Promise<void> {
    this.last = this.last.then(() => this.writeNow(slice));
    // Whoever called awaits it, later perhaps; until then a failure must not count as unhandled.
    this.last.catch(() => undefined);
    return this.last;
  }

  private async writeNow(slice: Slice): Promise<void> {
    const { mayStart } = this.options;
    while (mayStart !== undefined && !mayStart() && this.isWanted(slice.events)) await pause(lookAgainMs);
    // What another member has by now is written there.
    const events = slice.events.filter(({ source }) => source.lease.isHeld);
    if (events.length === 0) return;
    const flight = new Flight(events);
    this.current = flight;
    this.append(flight, events);
    while (flight.open.size > 0 && this.failure === null) await flight.news();
    this.current = null;
    if (this.failure !== null) throw this.failure;
    this.report.written(events);
  }

  private isWanted(events: readonly SliceEvent[]): boolean {
    return events.some(({ source }) => source.lease.isHeld);
  }

  private append(flight: Flight, events: readonly SliceEvent[]): void {
    const records: OutgoingRecord[] = [];
    /** By record; no longer once it has ended, since the sink keeps this for as long as one of them is open. */
    const owners: (SliceEvent | null)[] = [];
    for (const event of events) {
      this.begin(event);
      for (const record of event.handled.records) {
        records.push(record);
        owners.push(event);
      }
    }
    const onSettled = (index: number, error: Error | null) => {
      const event = owners[index] as SliceEvent;
      owners[index] = null;
      this.settled(flight, event, error);
    };
    for (const event of events) if (event.total === 0) this.end(flight, event);
    this.options.sink.append(records, { onSettled }).catch((error: unknown) => {
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

  private settled(flight: Flight, event: SliceEvent, error: Error | null): void {
    if (error !== null && !(error instanceof RecordRefusedError)) {
      this.fail(error);
      return;
    }
    event.settled(error !== null);
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
    flight.ended(event);
    if (parts !== null) parts.open -= 1;
    if (parts === null || (parts.open === 0 && parts.hasLast)) source.lease.complete(source.record.offset);
  }

  private fail(error: Error): void {
    if (this.failure !== null) return;
    this.failure = error;
    this.current?.lookAgain();
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
    this.options.logger.error({ topic, partition, offset }, 'event given up: Kafka takes not even its rejection');
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

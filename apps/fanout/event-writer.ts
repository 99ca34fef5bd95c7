/**
 * In: slices of events with what they became. Out: all of it acknowledged by Kafka; then their offsets are complete.
 * Holds: one slice is written after the other, in the order of the calls, so no more than a slice waits in the sink; an
 * offset is complete only after everything that its event became is acknowledged, its last part included; a record that
 * Kafka refuses is set aside instead of being tried for ever, and takes no other with it.
 */
import type { RejectionReason } from '../../libs/domain/rejection.ts';
import { sampledTraceIds } from '../../libs/domain/traceparent.ts';
import type { KafkaRecord, OutgoingRecord, PartitionLease } from '../../libs/kafka/record.ts';
import { RecordRefusedError } from '../../libs/kafka/append-error.ts';
import type { RecordSink } from '../../libs/kafka/record-sink.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { HandledEvent } from './event-handler.ts';
import type { FanoutMetrics } from './fanout-metrics.ts';
import { rejectedRecord } from './rejected-record.ts';

/**
 * So many events are under way at most, and would come twice if the process were killed now. The next slice is made
 * while this one is being acknowledged; larger ones cost memory and bring nothing.
 */
const sliceEventsMax = 128;
export const sliceBytesMax = 4 * 1024 * 1024;
const traceIdsMax = 16;

export interface Source {
  readonly lease: PartitionLease;
  readonly record: KafkaRecord;
}

export class Slice {
  readonly sources: Source[] = [];
  readonly handled: HandledEvent[] = [];
  private held = 0;

  /** Of all records. */
  get bytes(): number {
    return this.held;
  }

  get isFull(): boolean {
    return this.sources.length >= sliceEventsMax || this.held >= sliceBytesMax;
  }

  get isEmpty(): boolean {
    return this.sources.length === 0;
  }

  add(source: Source, handled: HandledEvent): void {
    this.sources.push(source);
    this.handled.push(handled);
    for (const { value } of handled.records) this.held += value?.length ?? 0;
  }
}

export interface EventWriterOptions {
  readonly sink: Pick<RecordSink, 'append'>;
  readonly metrics: FanoutMetrics;
  readonly rejectedTopic: string;
  readonly logger: Logger;
  readonly now: () => number;
}

export class EventWriter {
  private readonly options: EventWriterOptions;
  private last: Promise<void> = Promise.resolve();

  constructor(options: EventWriterOptions) {
    this.options = options;
  }

  /** Rejects only when nothing can be written any more, at the end of the process, and then for every later slice too. */
  write(slice: Slice): Promise<void> {
    this.last = this.last.then(() => this.writeNow(slice));
    // Whoever called awaits it, later perhaps; until then a failure must not count as unhandled.
    this.last.catch(() => undefined);
    return this.last;
  }

  private async writeNow(slice: Slice): Promise<void> {
    try {
      await this.options.sink.append(slice.handled.flatMap(({ records }) => records));
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      for (const [index, handled] of slice.handled.entries()) await this.writeAlone(slice.sources[index], handled);
    }
    this.report(slice);
    slice.sources.forEach(({ lease, record }, index) => {
      if (isLast(slice.handled[index])) lease.complete(record.offset);
    });
  }

  /**
   * After a refusal: record by record, so that only what Kafka refuses is left out. The event is set aside as well, where
   * operators look.
   */
  private async writeAlone(source: Source | undefined, handled: HandledEvent): Promise<void> {
    const taken = await Promise.all(handled.records.map((record) => this.isTaken([record])));
    const refused = taken.filter((isTaken) => !isTaken).length;
    if (source === undefined || refused === 0) return;
    const detail = `Kafka refused ${refused} of ${taken.length} records that it became`;
    const rejection = { reason: 'payload_too_large', detail } as const;
    if (handled.rejection === null) this.options.metrics.eventsRejected(rejection.reason, 1);
    const aside = rejectedRecord(this.options.rejectedTopic, source.record, rejection);
    // Even its bytes may be too large with our headers; where it came from is then what is kept of it.
    if ((await this.isTaken([aside])) || (await this.isTaken([{ ...aside, value: null }]))) return;
    const { topic, partition, offset } = source.record;
    this.options.logger.error({ topic, partition, offset }, 'event given up: Kafka takes not even its rejection');
  }

  private async isTaken(records: readonly OutgoingRecord[]): Promise<boolean> {
    try {
      await this.options.sink.append(records);
      return true;
    } catch (error) {
      if (error instanceof RecordRefusedError) return false;
      throw error;
    }
  }

  private report({ sources, handled }: Slice): void {
    const { logger, metrics, now } = this.options;
    const nowMs = now();
    const tally = new Tally();
    let oldestMs = nowMs;
    handled.forEach((event, index) => {
      const record = sources[index]?.record;
      tally.add(event);
      if (!isLast(event)) return;
      event.span?.end({ 'webhook.deliveries': event.deliveriesSoFar }, event.rejection?.reason ?? null);
      if (event.defect !== null) this.reportDefect(record, event.defect);
      if (record === undefined) return;
      metrics.acknowledged(nowMs - record.timestampMs);
      oldestMs = Math.min(oldestMs, record.timestampMs);
    });
    for (const [type, { events, deliveries }] of tally.accepted) metrics.eventsAccepted(type, events, deliveries);
    for (const [reason, count] of tally.rejected) metrics.eventsRejected(reason, count);
    for (const [type, { count }] of tally.misfits) metrics.schemaWarned(type, count);
    for (const [type, count] of tally.deprecated) metrics.deprecatedSeen(type, count);
    const traceIds = sampledTraceIds(handled, traceIdsMax);
    const line = {
      events: handled.filter(isLast).length,
      deliveries: tally.deliveries,
      ageMs: nowMs - oldestMs,
      rejected: Object.fromEntries(tally.rejected),
      misfits: Object.fromEntries(tally.misfits),
      ...(traceIds.length === 0 ? {} : { traceIds }),
    };
    if (tally.rejected.size + tally.misfits.size === 0) logger.info(line, 'events fanned out');
    else logger.warn(line, 'events fanned out, some with problems');
  }

  private reportDefect(record: KafkaRecord | undefined, defect: unknown): void {
    const place = { topic: record?.topic, partition: record?.partition, offset: record?.offset };
    this.options.logger.error({ ...place, ...errorFields(defect) }, 'event rejected by a defect');
  }
}

/** False for a part that others follow. */
function isLast(handled: HandledEvent | undefined): boolean {
  return handled?.rest === null;
}

/** Sums over a slice: metrics are asked for once per label, not once per event. */
class Tally {
  readonly accepted = new Map<string, { events: number; deliveries: number }>();
  readonly rejected = new Map<RejectionReason, number>();
  readonly misfits = new Map<string, { count: number; example: string }>();
  readonly deprecated = new Map<string, number>();
  deliveries = 0;

  add(handled: HandledEvent): void {
    const { rejection, eventType, deliveries, schemaWarning, isDeprecated } = handled;
    if (rejection !== null) {
      this.rejected.set(rejection.reason, (this.rejected.get(rejection.reason) ?? 0) + 1);
      return;
    }
    this.deliveries += deliveries;
    const type = eventType ?? '';
    const sum = this.accepted.get(type) ?? { events: 0, deliveries: 0 };
    const events = sum.events + (isLast(handled) ? 1 : 0);
    this.accepted.set(type, { events, deliveries: sum.deliveries + deliveries });
    if (!isLast(handled)) return;
    if (isDeprecated) this.deprecated.set(type, (this.deprecated.get(type) ?? 0) + 1);
    if (schemaWarning === null) return;
    this.misfits.set(type, { count: (this.misfits.get(type)?.count ?? 0) + 1, example: schemaWarning });
  }
}

/**
 * In: batches of platform events, as many as wait. Out: what they become, acknowledged by Kafka; then their offsets are
 * complete. Holds: an offset is complete only after everything that its event became is acknowledged; events of a
 * partition are written in their order; a record that Kafka refuses is set aside instead of being tried for ever.
 */
import { mayBeAvro } from '../../libs/domain/cloud-event.ts';
import type { RejectionReason } from '../../libs/domain/rejection.ts';
import { sampledTraceIds } from '../../libs/domain/traceparent.ts';
import type { KafkaRecord, OutgoingRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { RecordRefusedError, type RecordSink } from '../../libs/kafka/record-sink.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { AnyAvro } from '../../libs/wire/any-avro.ts';
import { AvroDecodeError } from '../../libs/wire/avro-codec.ts';
import { learnInTheEnd } from '../../libs/wire/learn-in-the-end.ts';
import type { DecodedAvro, EventHandler, HandledEvent } from './event-handler.ts';
import type { FanoutMetrics } from './fanout-metrics.ts';
import { rejectedRecord } from './rejected-record.ts';

/** A slice of a run is handled while the one before it is being acknowledged; larger slices only cost memory. */
const sliceEventsMax = 250;
const sliceBytesMax = 4 * 1024 * 1024;
const traceIdsMax = 16;

interface Source {
  readonly lease: PartitionLease;
  readonly record: KafkaRecord;
}

interface Slice {
  readonly sources: Source[];
  readonly handled: HandledEvent[];
  bytes: number;
}

export interface EventRunsOptions {
  readonly handler: EventHandler;
  readonly avro: AnyAvro;
  readonly sink: Pick<RecordSink, 'append'>;
  readonly metrics: FanoutMetrics;
  readonly rejectedTopic: string;
  readonly logger: Logger;
  readonly now: () => number;
}

export class EventRuns {
  private readonly options: EventRunsOptions;

  constructor(options: EventRunsOptions) {
    this.options = options;
  }

  /** Works everything in `batches`. Rejects only when nothing can be written any more, at the end of the process. */
  async work(batches: readonly RecordBatch[]): Promise<void> {
    let slice: Slice = emptySlice();
    let writing: Promise<void> = Promise.resolve();
    for (const { lease, records } of batches) {
      for (const record of records) {
        // The partition went to another member, who reads these again.
        if (!lease.isHeld) break;
        const avro = mayBeAvro(record) ? await this.decoded(record) : null;
        const handled = this.options.handler.handle(record, avro);
        slice.sources.push({ lease, record });
        slice.handled.push(handled);
        for (const { value } of handled.records) slice.bytes += value?.length ?? 0;
        if (slice.sources.length < sliceEventsMax && slice.bytes < sliceBytesMax) continue;
        await writing;
        writing = this.write(slice);
        // Awaited at the next slice or at the end; until then a failure must not count as unhandled.
        writing.catch(() => undefined);
        slice = emptySlice();
      }
    }
    await writing;
    if (slice.sources.length > 0) await this.write(slice);
  }

  private async decoded({ value }: KafkaRecord): Promise<DecodedAvro | null> {
    if (value === null) return null;
    const { avro } = this.options;
    try {
      let json = avro.toJson(value);
      while (json === null) {
        // Without the registry nobody can tell what this is: the stream waits here, and the events wait in Kafka.
        await learnInTheEnd(avro, value);
        json = avro.toJson(value);
      }
      return { json };
    } catch (error) {
      if (error instanceof AvroDecodeError) return { problem: error.message };
      throw error;
    }
  }

  private async write(slice: Slice): Promise<void> {
    try {
      await this.options.sink.append(slice.handled.flatMap(({ records }) => records));
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      for (const [index, handled] of slice.handled.entries()) await this.writeAlone(slice.sources[index], handled);
    }
    this.report(slice);
    for (const { lease, record } of slice.sources) lease.complete(record.offset);
  }

  /** After a refusal: event by event, so that only the one with the record that Kafka refuses is set aside. */
  private async writeAlone(source: Source | undefined, handled: HandledEvent): Promise<void> {
    if (source === undefined || (await this.isTaken(handled.records))) return;
    const rejection = { reason: 'payload_too_large', detail: 'Kafka refused a record that it became' } as const;
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
      event.span?.end({ 'webhook.deliveries': event.deliveries }, event.rejection?.reason ?? null);
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
      events: handled.length,
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

/** Sums over a slice: metrics are asked for once per label, not once per event. */
class Tally {
  readonly accepted = new Map<string, { events: number; deliveries: number }>();
  readonly rejected = new Map<RejectionReason, number>();
  readonly misfits = new Map<string, { count: number; example: string }>();
  readonly deprecated = new Map<string, number>();
  deliveries = 0;

  add({ rejection, eventType, deliveries, schemaWarning, isDeprecated }: HandledEvent): void {
    if (rejection !== null) {
      this.rejected.set(rejection.reason, (this.rejected.get(rejection.reason) ?? 0) + 1);
      return;
    }
    this.deliveries += deliveries;
    const type = eventType ?? '';
    const sum = this.accepted.get(type) ?? { events: 0, deliveries: 0 };
    this.accepted.set(type, { events: sum.events + 1, deliveries: sum.deliveries + deliveries });
    if (isDeprecated) this.deprecated.set(type, (this.deprecated.get(type) ?? 0) + 1);
    if (schemaWarning === null) return;
    this.misfits.set(type, { count: (this.misfits.get(type)?.count ?? 0) + 1, example: schemaWarning });
  }
}

function emptySlice(): Slice {
  return { sources: [], handled: [], bytes: 0 };
}

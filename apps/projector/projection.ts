/**
 * Puts the history into PostgreSQL. In: records of webhook.events and webhook.delivery-outcomes. Out: rows and the
 * next offsets, together. What must hold: exactly once, whatever comes twice, late, or while the database is away.
 */
import { BatchPump } from '../../libs/kafka/consumer/batch-pump.ts';
import { decodeRecord, type Decoded } from '../../libs/kafka/fetch/decode-record.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { StoredWork, type WriteResult } from '../../libs/kafka/consumer/stored-work.ts';
import type { PositionStep } from '../../libs/kafka/consumer/stored-positions.ts';
import type { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import type { HistoryWriter } from '../../libs/postgres/history/history-writer.ts';
import { writeResultOf } from '../../libs/postgres/write-result.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { timeShares } from '../../libs/domain/delivery/delivery-age.ts';
import type { KeptOutcome } from '../../libs/domain/delivery/outcome.ts';
import { sampledTraceIds } from '../../libs/domain/event/traceparent.ts';
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';
import type { AvroCodec, AvroReader } from '../../libs/wire/avro-codec.ts';
import type { TraceHistory } from './history-spans.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';
import type { Strangers } from './strangers.ts';

/** Enough for a statement to be worth its while, little enough to be done in a fraction of a second. */
const recordsPerWrite = 1_000;
const recordsInMemoryMax = 3_000;
const bytesInMemoryMax = 16 * 1024 * 1024;
const traceIdsMax = 16;

/** Long enough for an outcome to meet its event in one write, short against the second that history may take. */
const rest = { ms: 50, belowRecords: 500 };

type HistoryItem =
  | { readonly kind: 'event'; readonly event: WebhookEvent }
  | { readonly kind: 'outcome'; readonly outcome: KeptOutcome };

export interface ProjectionParts {
  /** Name of the topic on this cluster, prefix included. */
  readonly eventsTopic: string;
  readonly eventCodec: AvroCodec<WebhookEvent>;
  readonly outcomeCodec: AvroReader<KeptOutcome>;
  readonly writer: HistoryWriter;
  readonly offsets: ConsumerOffsetStore;
  readonly metrics: ProjectorMetrics;
  readonly strangers: Pick<Strangers, 'see'>;
  readonly logger: Logger;
  readonly now: () => number;
  /** A bug: what is in memory cannot go on. */
  readonly crash: (error: unknown) => void;
  readonly trace?: TraceHistory | undefined;
}

export class Projection {
  readonly work: StoredWork<HistoryItem>;
  private readonly parts: ProjectionParts;
  private readonly pump: BatchPump;

  constructor(parts: ProjectionParts) {
    this.parts = parts;
    this.work = new StoredWork<HistoryItem>({
      positions: (partitions) => parts.offsets.positions(partitions),
      move: (moves) => parts.offsets.move(moves),
      onMoved: ({ topic, partition, from, to, reason }) => {
        parts.metrics.moved(topic, reason);
        parts.logger.error(
          { topic, partition, from, to, reason },
          'a stored position is impossible in the log, continuing at another',
        );
      },
      decode: (record) => this.decode(record),
      write: (items, steps) => this.write(items, steps),
      setAside: (record, error) => {
        this.setAside(record, error);
      },
      rest,
      onAway: (error) => {
        parts.logger.warn(errorFields(error), 'cannot write history now, trying again');
      },
    });
    this.pump = new BatchPump({
      maxRecords: recordsInMemoryMax,
      maxBytes: bytesInMemoryMax,
      maxPerRun: recordsPerWrite,
      work: (batches) => this.work.work(batches),
      onError: parts.crash,
    });
  }

  take(batch: RecordBatch): void {
    this.pump.enqueue(batch);
  }

  drain(leases: readonly PartitionLease[]): Promise<void> {
    return this.pump.drain(leases);
  }

  private decode(record: KafkaRecord): Decoded<HistoryItem> | Promise<Decoded<HistoryItem>> {
    const { eventsTopic, eventCodec, outcomeCodec } = this.parts;
    if (record.topic === eventsTopic) return decodeRecord(eventCodec, record, eventItem);
    return decodeRecord(outcomeCodec, record, outcomeItem);
  }

  private async write(items: readonly HistoryItem[], offsets: readonly PositionStep[]): Promise<WriteResult> {
    const { writer, metrics, strangers, logger, now, trace } = this.parts;
    const events = items.flatMap((item) => (item.kind === 'event' ? [item.event] : []));
    const outcomes = items.flatMap((item) => (item.kind === 'outcome' ? [item.outcome] : []));
    const startedAt = now();
    const result = await writeResultOf(writer.writeBatch({ events, outcomes, offsets }));
    if (result.kind === 'written') {
      const endedAt = now();
      const durationMs = endedAt - startedAt;
      trace?.({ events, outcomes, startedAt, endedAt });
      metrics.written(events.length, outcomes.length, durationMs);
      metrics.timeWent(timeShares(outcomes));
      const ends = outcomes.map((outcome) => outcome.startedAt + (outcome.latencyMs ?? 0));
      const ageMs = ends.length === 0 ? null : now() - ends.reduce((oldest, end) => Math.min(oldest, end));
      if (ageMs !== null) metrics.aged(ageMs);
      const traceIds = sampledTraceIds([...events, ...outcomes], traceIdsMax);
      const found = traceIds.length === 0 ? {} : { traceIds };
      logger.info({ events: events.length, outcomes: outcomes.length, durationMs, ageMs, ...found }, 'history written');
      await strangers.see(events);
    }
    return result;
  }

  private setAside(record: KafkaRecord, error: unknown): void {
    const { topic, partition, offset } = record;
    this.parts.metrics.setAside(topic);
    this.parts.logger.error(
      { topic, partition, offset, ...errorFields(error) },
      'record set aside, not in the history',
    );
  }
}

function eventItem(event: WebhookEvent): HistoryItem {
  return { kind: 'event', event };
}

function outcomeItem(outcome: KeptOutcome): HistoryItem {
  return { kind: 'outcome', outcome };
}

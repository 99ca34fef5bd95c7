/**
 * Watches over webhooks. In: records of webhook.delivery-outcomes. Out: health rows, and disabled webhooks with all
 * that belongs to it, each batch in one transaction with its offsets. What must hold: an outcome counts once, so a
 * restart neither forgets a run of failures nor counts it twice.
 */
import { BatchPump } from '../../libs/kafka/batch-pump.ts';
import { decodeRecord } from '../../libs/kafka/decode-record.ts';
import type { KafkaRecord, RecordBatch } from '../../libs/kafka/record.ts';
import type { PositionStep } from '../../libs/kafka/stored-positions.ts';
import { StoredWork, type WriteResult } from '../../libs/kafka/stored-work.ts';
import type { DisableRules } from '../../libs/domain/health.ts';
import type { DeliveryOutcome } from '../../libs/domain/outcome.ts';
import type { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import type { DisabledWebhook, HealthStore } from '../../libs/postgres/health-store.ts';
import { writeResultOf } from '../../libs/postgres/write-result.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../libs/wire/avro-codec.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';

const recordsPerWrite = 5_000;
const recordsInMemoryMax = 20_000;
const bytesInMemoryMax = 48 * 1024 * 1024;
/** A busy webhook's row is written a few times a second and not for each batch. */
const rest = { ms: 250, belowRecords: recordsPerWrite };

export interface ObservationParts {
  readonly codec: AvroCodec<DeliveryOutcome>;
  readonly store: HealthStore;
  readonly offsets: ConsumerOffsetStore;
  readonly rules: DisableRules;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
  readonly now: () => number;
  /** A bug: what is in memory cannot go on. */
  readonly crash: (error: unknown) => void;
}

export class Observation {
  readonly work: StoredWork<DeliveryOutcome>;
  private readonly parts: ObservationParts;
  private readonly pump: BatchPump;

  constructor(parts: ObservationParts) {
    this.parts = parts;
    this.work = new StoredWork<DeliveryOutcome>({
      positions: (partitions) => parts.offsets.positions(partitions),
      decode: (record) => decodeRecord(parts.codec, record),
      write: (outcomes, steps) => this.write(outcomes, steps),
      setAside: (record, error) => {
        this.setAside(record, error);
      },
      rest,
      onAway: (error) => {
        parts.logger.warn(errorFields(error), 'cannot write health now, trying again');
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

  drain(): Promise<void> {
    return this.pump.drain();
  }

  private async write(outcomes: readonly DeliveryOutcome[], offsets: readonly PositionStep[]): Promise<WriteResult> {
    const { store, rules, metrics, now } = this.parts;
    let disabled: readonly DisabledWebhook[] = [];
    const applied = store.apply({ outcomes, offsets }, rules, new Date(now())).then((webhooks) => {
      disabled = webhooks;
    });
    const result = await writeResultOf(applied);
    if (result.kind !== 'written') return result;
    metrics.observed(outcomes.length);
    for (const webhook of disabled) this.announce(webhook);
    return result;
  }

  private announce(webhook: DisabledWebhook): void {
    const { webhookId, clientId, by, reason, consecutiveFailures } = webhook;
    this.parts.metrics.disabled(webhook);
    this.parts.logger.warn({ webhookId, clientId, disabledBy: by, reason, consecutiveFailures }, 'webhook disabled');
  }

  private setAside(record: KafkaRecord, error: unknown): void {
    const { topic, partition, offset } = record;
    this.parts.metrics.setAside(topic);
    this.parts.logger.error({ topic, partition, offset, ...errorFields(error) }, 'record set aside, not observed');
  }
}

/**
 * Watches over webhooks. In: records of webhook.delivery-outcomes. Out: health rows, notices, and webhooks that are
 * disabled or recover with all that belongs to it, each batch in one transaction with its offsets. What must hold: an outcome counts once, so a
 * restart neither forgets a run of failures nor counts it twice.
 */
import { BatchPump } from '../../libs/kafka/batch-pump.ts';
import { decodeRecord } from '../../libs/kafka/decode-record.ts';
import type { KafkaRecord, RecordBatch } from '../../libs/kafka/record.ts';
import type { PositionStep } from '../../libs/kafka/stored-positions.ts';
import { StoredWork, type WriteResult } from '../../libs/kafka/stored-work.ts';
import type { DeliveryOutcome } from '../../libs/domain/outcome.ts';
import type { ConsumerOffsetStore } from '../../libs/postgres/consumer-offset-store.ts';
import type { Applied, DisabledWebhook, HealthPolicy, HealthStore } from '../../libs/postgres/health-store.ts';
import { writeResultOf } from '../../libs/postgres/write-result.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../libs/wire/avro-codec.ts';
import type { GlobalGuard } from './global-guard.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';

const recordsPerWrite = 5_000;
const recordsInMemoryMax = 20_000;
const bytesInMemoryMax = 48 * 1024 * 1024;
/** A busy webhook's row is written once a second and not for each batch: what it costs is by webhook, not by outcome. */
const rest = { ms: 1_000, belowRecords: recordsPerWrite };

export interface ObservationParts {
  readonly codec: AvroCodec<DeliveryOutcome>;
  readonly store: HealthStore;
  readonly offsets: ConsumerOffsetStore;
  readonly policy: Omit<HealthPolicy, 'isPaused'>;
  readonly guard: GlobalGuard;
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
      move: (moves) => parts.offsets.move(moves),
      onMoved: ({ topic, partition, from, to, reason }) => {
        parts.metrics.moved(topic, reason);
        parts.logger.error(
          { topic, partition, from, to, reason },
          'a kept position is impossible in the log, reading on at another',
        );
      },
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
    const { metrics } = this.parts;
    let applied: Applied = { disabled: [], healed: [], held: [], noticed: [] };
    const result = await writeResultOf(
      this.apply(outcomes, offsets).then((done) => {
        applied = done;
      }),
    );
    if (result.kind !== 'written') return result;
    metrics.observed(outcomes.length);
    for (const webhook of applied.disabled) this.announce(webhook);
    for (const webhookId of applied.healed) {
      metrics.turned('healed');
      this.parts.logger.info({ webhookId }, 'webhook answers pings again and recovers');
    }
    metrics.held(applied.held.length);
    for (const type of applied.noticed) metrics.noticed(type, 1);
    return result;
  }

  private async apply(outcomes: readonly DeliveryOutcome[], offsets: readonly PositionStep[]): Promise<Applied> {
    const { store, policy, guard, now } = this.parts;
    await guard.see(outcomes, now());
    return store.apply({ outcomes, offsets }, { ...policy, isPaused: guard.isPaused }, new Date(now()));
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

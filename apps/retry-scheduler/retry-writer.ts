/**
 * In: retries that are due, or go on to wait in another tier; records that cannot be read. Out: all of them written.
 * Holds: each is told as written when it is, whatever the others wait for; what Kafka refuses is set aside on platform.events.rejected as it came; nothing is tried for ever, and nothing
 * disappears.
 */
import type { Delivery, RetryDelivery } from '../../libs/domain/delivery/delivery.ts';
import type { RejectionReason } from '../../libs/domain/event/rejection.ts';
import type { RetryTierName } from '../../libs/domain/delivery/retry.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import { RecordRefusedError } from '../../libs/kafka/producer/append-error.ts';
import type { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../libs/wire/avro-codec.ts';
import type { RetryFrames } from '../../libs/wire/retry-frame.ts';
import type { WaitingRetry } from './scheduler-options.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';

export interface RetryWriterOptions {
  readonly sink: Pick<RecordSink, 'append'>;
  readonly retries: Pick<AvroCodec<RetryDelivery>, 'decode' | 'encode'>;
  readonly deliveries: Pick<AvroCodec<Delivery>, 'encode'>;
  /** The short way, for what was written in today's schema. */
  readonly frames: RetryFrames;
  readonly topics: { deliveries: string; rejected: string; tier: (name: RetryTierName) => string };
  readonly metrics: SchedulerMetrics;
  readonly logger: Logger;
  /** Monotonic, the clock of {@link WaitingRetry.dueAt}. */
  readonly now: () => number;
}

export class RetryWriter {
  private readonly options: RetryWriterOptions;

  constructor(options: RetryWriterOptions) {
    this.options = options;
  }

  /** @throws when the value is no retry in a schema that is known */
  notBeforeOf(value: Buffer): number {
    return this.options.frames.notBeforeOf(value) ?? this.read(value).notBefore;
  }

  /**
   * Each is an append of its own: one that is refused, or whose partition cannot be written to, concerns no other. The sink
   * sends them together all the same.
   */
  async passOn(passed: readonly WaitingRetry[], written: (index: number) => void): Promise<void> {
    const records = passed.map((retry) => this.outgoing(retry));
    await Promise.all(
      records.map(async (record, index) => {
        await this.writeAlone(record);
        written(index);
      }),
    );
    this.report(passed);
  }

  async setAside(record: KafkaRecord, error: unknown): Promise<void> {
    const { topic, partition, offset } = record;
    this.options.metrics.setAside(topic);
    this.options.logger.error({ topic, partition, offset, ...errorFields(error) }, 'unreadable retry set aside');
    const detail = error instanceof Error ? error.message : String(error);
    const source = {
      detail,
      'source-topic': topic,
      'source-partition': String(partition),
      'source-offset': String(offset),
    };
    await this.writeAlone(this.aside(record, 'unparsable', source));
  }

  private outgoing({ value, headers, tier, notBefore }: WaitingRetry): OutgoingRecord {
    const { topics, retries, deliveries, frames } = this.options;
    if (tier !== null && notBefore !== null) {
      const retry = { ...this.read(value), notBefore: Math.ceil(notBefore) };
      return { topic: topics.tier(tier), key: retry.webhookId, value: retries.encode(retry), headers };
    }
    // As it was read: it may have been written in another version of the schema.
    if (tier !== null) return { topic: topics.tier(tier), key: this.keyOf(value), value, headers };
    const short = frames.toDelivery(value);
    if (short !== null) return { topic: topics.deliveries, key: short.webhookId, value: short.value, headers };
    const { notBefore: _due, ...delivery } = this.read(value);
    return { topic: topics.deliveries, key: delivery.webhookId, value: deliveries.encode(delivery), headers };
  }

  private keyOf(value: Buffer): string {
    return this.options.frames.webhookIdOf(value) ?? this.read(value).webhookId;
  }

  private read(value: Buffer): RetryDelivery {
    const retry = this.options.retries.decode(value);
    if (retry === null) throw new Error('the schema of a retry is not known yet');
    return retry;
  }

  private async writeAlone(record: OutgoingRecord): Promise<void> {
    const { sink, logger, topics } = this.options;
    try {
      await sink.append([record]);
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      logger.error({ topic: record.topic, bytes: record.value?.length }, 'Kafka refuses a record');
      // Once more, elsewhere; without its bytes, if it was those that were too many even there.
      const source = { detail: 'a retry that its topic does not take', 'source-topic': record.topic };
      const aside = this.aside(record, 'payload_too_large', source);
      if (record.topic !== topics.rejected) await this.writeAlone(aside);
      else if (record.value !== null) await this.writeAlone({ ...record, value: null });
    }
  }

  private aside(
    record: Pick<OutgoingRecord, 'key' | 'value' | 'headers'>,
    reason: RejectionReason,
    source: Record<string, string>,
  ): OutgoingRecord {
    const headers = { ...record.headers, reason, ...source };
    return { topic: this.options.topics.rejected, key: record.key, value: record.value, headers };
  }

  private report(passed: readonly WaitingRetry[]): void {
    const { logger, metrics } = this.options;
    const now = this.options.now();
    let lateMsMax = 0;
    let putBack = 0;
    for (const { dueAt, tier } of passed) {
      if (tier !== null) {
        metrics.hopped(tier);
        continue;
      }
      putBack += 1;
      lateMsMax = Math.max(lateMsMax, now - dueAt);
      metrics.putBack(now - dueAt);
    }
    logger.info({ putBack, hopped: passed.length - putBack, lateMsMax: Math.round(lateMsMax) }, 'retries passed on');
  }
}

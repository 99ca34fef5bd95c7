/**
 * In: settlements, deliveries to park, records that cannot be read. Out: records for Kafka.
 * Holds: an outcome is the last of what an attempt leads to, appended once its retry or dead record is acknowledged. So an
 * outcome that is on Kafka says that nothing is left to do for the record that it names.
 */
import type { Delivery, ParkedDelivery, ParkedReason } from '../../libs/domain/delivery/delivery.ts';
import type { DeliveryOutcome } from '../../libs/domain/delivery/outcome.ts';
import type { RejectionReason } from '../../libs/domain/event/rejection.ts';
import type { FollowUp } from '../../libs/domain/delivery/settle.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { RecordRefusedError } from '../../libs/kafka/producer/append-error.ts';
import type { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import type { AvroCodec } from '../../libs/wire/avro-codec.ts';
import type { Registry } from '../../libs/wire/registry.ts';
import { retryTopic, topicName, topics } from '../../libs/wire/topics.ts';
import type { WireTypes } from '../../libs/wire/wire-types.ts';
import { mainRecordHeader, settlesHeader } from './settled/settled-records.ts';

type Codec<Name extends keyof WireTypes> = AvroCodec<WireTypes[Name]>;

export interface DispatchCodecs {
  readonly delivery: Codec<'webhook.deliveries'>;
  readonly parked: Codec<'webhook.deliveries.parked'>;
  readonly retry: Codec<'webhook.retry'>;
  readonly outcome: Codec<'webhook.delivery-outcomes'>;
  readonly dead: Codec<'webhook.dead'>;
}

export async function dispatchCodecs(registry: Registry): Promise<DispatchCodecs> {
  return {
    // What waits in memory is a copy of its own, and as long as its attempt.
    delivery: (await registry.codec(topics.deliveries)).withViews(),
    parked: (await registry.codec(topics.parked)).withViews(),
    // All tiers share one schema; any of their subjects gives its id.
    retry: await registry.codec(retryTopic('5s')),
    outcome: await registry.codec(topics.outcomes),
    dead: await registry.codec(topics.dead),
  };
}

/** A delivery on its way to the parked lane. */
export interface Parking {
  readonly webhookId: string;
  /** A ParkedDelivery, encoded. */
  readonly value: Buffer;
  /**
   * Of its record in the main topic, which is done once this one is acknowledged: after a crash before the commit it
   * is not taken again.
   */
  readonly mainOffset: number;
  /** The recordName of that record: an outcome of the parked one settles it. */
  readonly mainRecord: string | null;
}

/** The partition number that is parked into, the name of its present owner, and the log that its main records are from. */
export interface ParkedInto {
  readonly number: number;
  readonly name: string;
  readonly mainTopicId: string | null;
}

/** Name of the header that holds {@link Parking.mainOffset}. */
export const mainOffsetHeader = 'main-offset';
/** Name of the header that says in which log that offset is: a topic that is made anew has another id. */
export const mainTopicIdHeader = 'main-topic-id';
/** Name of the header that says who parked it: an append may land when its process has a successor. */
export const parkedByHeader = 'parked-by';

export class Reports {
  private readonly sink: RecordSink;
  private readonly codecs: DispatchCodecs;
  private readonly prefix: string;
  private readonly outcomesTopic: string;
  private readonly logger: Logger;

  constructor(options: { sink: RecordSink; codecs: DispatchCodecs; topicPrefix: string; logger: Logger }) {
    this.logger = options.logger;
    this.sink = options.sink;
    this.codecs = options.codecs;
    this.prefix = options.topicPrefix;
    this.outcomesTopic = topicName(options.topicPrefix, topics.outcomes);
  }

  /**
   * Resolves when all is acknowledged. What a topic does not take (RecordRefusedError) is told without what can be done without; a
   * retry that is not taken ends the delivery.
   * @param settles the {@link recordName} of what there is nothing left to do for then; null: of none
   * @throws what is no refusal, and the last one
   */
  settle(outcome: DeliveryOutcome, followUp: FollowUp, settles: string | null): Promise<void> {
    return followUp.kind === 'none'
      ? this.report(outcome, settles)
      : this.followUp(outcome, followUp).then((followed) => this.report(followed, settles));
  }

  private async followUp(
    outcome: DeliveryOutcome,
    followUp: Exclude<FollowUp, { kind: 'none' }>,
  ): Promise<DeliveryOutcome> {
    try {
      await this.sink.append([this.recordOf(followUp)]);
      return outcome;
    } catch (error) {
      this.noteRefusal(error, outcome, followUp.kind);
      return followUp.kind === 'retry' ? tooLarge(outcome, error) : outcome;
    }
  }

  private recordOf(followUp: Exclude<FollowUp, { kind: 'none' }>): OutgoingRecord {
    const key = followUp.delivery.webhookId;
    if (followUp.kind === 'dead') {
      const topic = topicName(this.prefix, topics.dead);
      return { topic, key, value: this.codecs.dead.encode(followUp.delivery) };
    }
    const topic = topicName(this.prefix, retryTopic(followUp.tier));
    return { topic, key, value: this.codecs.retry.encode(followUp.delivery) };
  }

  private async report(outcome: DeliveryOutcome, settles: string | null): Promise<void> {
    const headers = settles === null ? {} : { headers: { [settlesHeader]: settles } };
    const record = (told: DeliveryOutcome): OutgoingRecord => ({
      topic: this.outcomesTopic,
      key: told.webhookId,
      value: this.codecs.outcome.encode(told),
      ...headers,
    });
    try {
      await this.sink.append([record(outcome)]);
    } catch (error) {
      this.noteRefusal(error, outcome, 'outcome');
      await this.sink.append([record({ ...outcome, requestHeaders: {}, responseHeaders: {}, ...noSample })]);
    }
  }

  /** @throws what is no refusal */
  private noteRefusal(
    error: unknown,
    { deliveryId, webhookId, attempt }: DeliveryOutcome,
    refused: string,
  ): asserts error is RecordRefusedError {
    if (!(error instanceof RecordRefusedError)) throw error;
    this.logger.error(
      { deliveryId, webhookId, attempt, refused, ...errorFields(error) },
      'Kafka refuses the outcome of an attempt or the record that follows it',
    );
  }

  /** To the parked lane, into the same partition number, in the order given. @throws RecordRefusedError */
  park({ number: partition, name, mainTopicId }: ParkedInto, parked: readonly Parking[]): Promise<void> {
    const topic = topicName(this.prefix, topics.parked);
    const log = mainTopicId === null ? {} : { [mainTopicIdHeader]: mainTopicId };
    return this.sink.append(
      parked.map(({ webhookId, value, mainOffset, mainRecord }) => ({
        topic,
        partition,
        key: webhookId,
        value,
        headers: {
          [mainOffsetHeader]: String(mainOffset),
          ...log,
          [parkedByHeader]: name,
          ...(mainRecord === null ? {} : { [mainRecordHeader]: mainRecord }),
        },
      })),
    );
  }

  /** A record of ours that cannot be read goes where rejected events go, as it came or, too large, without its value. */
  async setAside(record: Pick<KafkaRecord, 'topic' | 'partition' | 'offset' | 'value'>, reason: string): Promise<void> {
    const headers = {
      reason: 'undecodable_delivery' satisfies RejectionReason,
      detail: reason,
      'source-topic': record.topic,
      'source-partition': String(record.partition),
      'source-offset': String(record.offset),
    };
    const rejected: OutgoingRecord = {
      topic: topicName(this.prefix, topics.platformEventsRejected),
      key: null,
      value: record.value,
      headers,
    };
    try {
      await this.sink.append([rejected]);
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      await this.sink.append([{ ...rejected, value: null }]);
    }
  }
}

const noSample = { responseBodySample: null, responseBodyTruncated: true };

function tooLarge(outcome: DeliveryOutcome, { message }: Error): DeliveryOutcome {
  const errorMessage = `${outcome.errorMessage ?? 'failed'}; it cannot be retried: ${message}`;
  return { ...outcome, status: 'failed_permanent', reason: 'payload_too_large', errorMessage, nextAttemptAt: null };
}

export function parkedFrom(
  delivery: Delivery,
  reason: ParkedReason,
  notBefore: number | null,
  now: number,
): ParkedDelivery {
  return { ...delivery, parkedAt: now, parkedReason: reason, notBefore };
}

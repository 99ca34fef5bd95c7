/** Deliveries that a person asks for, onto their topics. */
import { randomBytes } from 'node:crypto';
import type { Delivery } from '../../libs/domain/delivery.ts';
import {
  pingDelivery,
  resentDelivery,
  testDelivery,
  type PastDelivery,
  type PastEvent,
} from '../../libs/domain/direct-delivery.ts';
import { outlineJson } from '../../libs/domain/json-outline.ts';
import { Mask, type SensitiveNames } from '../../libs/domain/mask.ts';
import { objectId } from '../../libs/domain/object-id.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import type { EventTypeStore } from '../../libs/postgres/event-type-store.ts';
import type { ShownWebhook } from '../../libs/postgres/webhook-view.ts';
import { topics } from '../../libs/wire/topics.ts';
import type { ApiCodecs, TopicNames } from './api-codecs.ts';
import type { KafkaWriter } from './kafka-writer.ts';
import { ProblemError } from './problem-error.ts';

export interface DirectDeliveriesOptions {
  readonly writer: KafkaWriter;
  readonly codecs: ApiCodecs;
  readonly topicNames: TopicNames;
  readonly eventTypes: EventTypeStore;
  readonly sensitiveNames: SensitiveNames;
  readonly payloadBytesMax: number;
}

const testTypeDefault = 'webhook.test';
const testDataDefault = '{"message":"This is a test event."}';

export interface TestRequest {
  readonly eventType: string | undefined;
  /** JSON text; null: the example of the type. */
  readonly dataText: string | null;
  readonly traceparent: string | null;
}

export class DirectDeliveries {
  private readonly options: DirectDeliveriesOptions;

  constructor(options: DirectDeliveriesOptions) {
    this.options = options;
  }

  async test(webhook: ShownWebhook, { eventType, dataText, traceparent }: TestRequest, now: number) {
    const { codecs, topicNames } = this.options;
    const type = eventType ?? webhook.eventTypes.find((pattern) => !pattern.includes('*')) ?? testTypeDefault;
    const data = await this.maskedData(type, dataText);
    const made = testDelivery(webhook, { eventId: newEventId(now), eventType: type, data, now, traceparent });
    await this.options.writer.write([
      { topic: topicNames.of(topics.webhookEvents), key: made.event.eventId, value: codecs.events.encode(made.event) },
      this.recordOf(made.delivery),
    ]);
    return made.delivery;
  }

  ping(
    webhook: ShownWebhook,
    now: number,
    traceparent: string | null,
  ): { delivery: Delivery; send: () => Promise<void> } {
    const delivery = pingDelivery(webhook, newEventId(now), now, traceparent);
    return { delivery, send: () => this.options.writer.write([this.recordOf(delivery)]) };
  }

  async resend(past: PastDelivery, event: PastEvent, now: number): Promise<Delivery> {
    const round = objectId('round', now, randomBytes(10));
    const delivery = resentDelivery(past, event, { trigger: 'manual', round }, now);
    await this.options.writer.write([this.recordOf(delivery)]);
    return delivery;
  }

  /** Masked as fan-out would. @throws ProblemError payload_too_large */
  private async maskedData(type: string, given: string | null): Promise<Buffer> {
    const entry = await this.options.eventTypes.find(type);
    const text = given ?? entry?.example ?? testDataDefault;
    if (Buffer.byteLength(text) > this.options.payloadBytesMax) {
      throw new ProblemError('payload_too_large', `data has more than ${this.options.payloadBytesMax} bytes.`);
    }
    const mask = new Mask(this.options.sensitiveNames, entry?.sensitivePaths ?? []);
    const { span } = outlineJson(text, null);
    return Buffer.from(span === null ? text : mask.apply(JSON.parse(text), span).text);
  }

  private recordOf(delivery: Delivery): OutgoingRecord {
    const { codecs, topicNames } = this.options;
    return {
      topic: topicNames.of(topics.deliveries),
      key: delivery.webhookId,
      value: codecs.deliveries.encode(delivery),
      // Known before decoding: a ping is not queued behind the webhook's backlog.
      ...(delivery.kind === 'ping' ? { headers: { kind: delivery.kind } } : {}),
    };
  }
}

function newEventId(now: number): string {
  return objectId('event', now, randomBytes(10));
}

/** Deliveries that a person asks for, onto their topics. */
import type { Delivery } from '../../../libs/domain/delivery/delivery.ts';
import {
  pingDelivery,
  resentDelivery,
  testDelivery,
  verificationDelivery,
  type PastDelivery,
  type PastEvent,
} from '../../../libs/domain/delivery/direct-delivery.ts';
import { outlineJson } from '../../../libs/domain/payload/json-outline.ts';
import { Mask, type SensitiveNames } from '../../../libs/domain/payload/mask.ts';
import type { ProofWish } from '../../../libs/domain/webhook/endpoint-proof.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { EventTypeStore } from '../../../libs/postgres/webhooks/event-type-store.ts';
import type { ShownWebhook } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { topics } from '../../../libs/wire/topics.ts';
import type { ApiCodecs, TopicNames } from '../api-codecs.ts';
import type { KafkaWriter } from '../outbox/kafka-writer.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { RequestIdentity } from '../http/request-identity.ts';

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

/** Made, and not sent yet. */
export interface DirectDelivery {
  readonly delivery: Delivery;
  readonly send: () => Promise<void>;
}

export class DirectDeliveries {
  private readonly options: DirectDeliveriesOptions;

  constructor(options: DirectDeliveriesOptions) {
    this.options = options;
  }

  async test(
    webhook: ShownWebhook,
    { eventType, dataText, traceparent }: TestRequest,
    { now, idOf }: RequestIdentity,
  ): Promise<DirectDelivery> {
    const { codecs, topicNames } = this.options;
    const type = eventType ?? webhook.eventTypes.find((pattern) => !pattern.includes('*')) ?? testTypeDefault;
    const data = await this.maskedData(type, dataText, webhook.clientId);
    const { event, delivery } = testDelivery(webhook, {
      eventId: idOf('event'),
      eventType: type,
      data,
      now,
      traceparent,
    });
    const said = { topic: topicNames.of(topics.webhookEvents), key: event.eventId, value: codecs.events.encode(event) };
    return { delivery, send: () => this.options.writer.write([said, this.recordOf(delivery)]) };
  }

  ping(webhook: ShownWebhook, { now, idOf }: RequestIdentity, traceparent: string | null): DirectDelivery {
    return this.alone(pingDelivery(webhook, idOf('event'), now, traceparent));
  }

  verification(
    webhook: ShownWebhook,
    wish: ProofWish,
    { now, idOf }: RequestIdentity,
    traceparent: string | null,
  ): DirectDelivery {
    return this.alone(verificationDelivery(webhook, wish, idOf('event'), now, traceparent));
  }

  resend(past: PastDelivery, event: PastEvent, { now, idOf }: RequestIdentity): DirectDelivery {
    return this.alone(resentDelivery(past, event, { trigger: 'manual', round: idOf('round') }, now));
  }

  private alone(delivery: Delivery): DirectDelivery {
    return { delivery, send: () => this.options.writer.write([this.recordOf(delivery)]) };
  }

  /** Masked as fan-out would. @throws ProblemError payload_too_large */
  private async maskedData(type: string, given: string | null, clientId: string): Promise<Buffer> {
    const entry = await this.options.eventTypes.find(type, clientId);
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
      // Known before decoding: neither a ping nor the test of a paused webhook is queued behind its backlog.
      ...(isAsked(delivery) ? { headers: { kind: delivery.kind } } : {}),
    };
  }
}

/** A test that is resent waits as any other. */
function isAsked({ kind, trigger }: Delivery): boolean {
  return kind === 'ping' || (kind === 'test' && trigger === 'first');
}

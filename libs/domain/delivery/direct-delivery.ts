/**
 * Deliveries that somebody asks for instead of an event that came: tests, pings, resends. In: what is asked for and
 * the moment. Out: what travels. Holds: a resend has the ids and the bytes of the delivery that it repeats.
 */
import type { Delivery, DeliveryKind } from './delivery.ts';
import { eventKeyOf, madeUpDeliveryIdOf, timeOfId } from '../ids.ts';
import { shapePayload } from '../payload/payload.ts';
import type { WebhookEvent } from '../event/webhook-event.ts';
import { proofWishBody, verificationEventType, type ProofWish } from '../webhook/endpoint-proof.ts';
import type { PayloadFormat, WebhookDefinition } from '../webhook/webhook.ts';

export type TargetWebhook = Pick<WebhookDefinition, 'id' | 'clientId' | 'format'>;

export interface MadeUpEvent {
  readonly eventId: string;
  readonly eventType: string;
  /** UTF-8 JSON text, masked. */
  readonly data: Buffer;
  /** Unix milliseconds. */
  readonly now: number;
  /** Of whoever asks for it. */
  readonly traceparent: string | null;
}

export const pingEventType = 'webhook.ping';

/** A test is an event with one decision and its delivery, so the history shows it like any other. */
export function testDelivery(
  webhook: TargetWebhook,
  event: MadeUpEvent,
): { readonly event: WebhookEvent; readonly delivery: Delivery } {
  const delivery = madeUpDelivery(webhook, event, 'test');
  const { deliveryId } = delivery;
  const decision = { webhookId: webhook.id, clientId: webhook.clientId, decision: 'matched', deliveryId } as const;
  return {
    delivery,
    event: {
      eventId: event.eventId,
      eventKey: eventKeyOf(event.now, webhook.clientId, event.eventId, origin.source),
      eventType: event.eventType,
      ...origin,
      clientId: webhook.clientId,
      kind: 'test',
      time: event.now,
      receivedAt: event.now,
      data: event.data,
      decisions: [{ ...decision, format: webhook.format }],
      sourceTopic: null,
      sourcePartition: null,
      sourceOffset: null,
      traceparent: event.traceparent,
    },
  };
}

export function pingDelivery(
  webhook: TargetWebhook,
  eventId: string,
  now: number,
  traceparent: string | null = null,
): Delivery {
  const event = { eventId, eventType: pingEventType, data: Buffer.from('{}'), now, traceparent };
  return madeUpDelivery(webhook, event, 'ping');
}

/** Asks an endpoint whether it wants deliveries; whoever dispatches makes the request of it. */
export function verificationDelivery(
  webhook: TargetWebhook,
  wish: ProofWish,
  eventId: string,
  now: number,
  traceparent: string | null = null,
): Delivery {
  const event = { eventId, eventType: verificationEventType, data: Buffer.from('{}'), now, traceparent };
  return { ...madeUpDelivery(webhook, event, 'ping'), contentType: 'application/json', body: proofWishBody(wish) };
}

/** A delivery as the history has it. */
export interface PastDelivery {
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly clientId: string;
  readonly kind: DeliveryKind;
  readonly format: PayloadFormat;
}

/** An event as the history has it. */
export interface PastEvent {
  readonly eventKey: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly source: string | null;
  readonly subject: string | null;
  readonly data: Buffer;
  readonly traceparent: string | null;
}

/** What was posted, made again from the history. */
export function pastPayload(past: PastDelivery, event: PastEvent) {
  return shapePayload({ ...event, time: timeOfId(event.eventKey) }, past, past.format);
}

/** A new round of attempts. */
export interface NewRound {
  readonly trigger: 'manual' | 'replay';
  /** Names it; the same delivery in the same round is the same, however often it is made. */
  readonly round: string;
}

export function resentDelivery(past: PastDelivery, event: PastEvent, round: NewRound, now: number): Delivery {
  return {
    deliveryId: past.deliveryId,
    eventTime: timeOfId(event.eventKey),
    webhookId: past.webhookId,
    clientId: past.clientId,
    eventId: event.eventId,
    eventType: event.eventType,
    kind: past.kind,
    ...round,
    attempt: 1,
    ...pastPayload(past, event),
    createdAt: now,
    traceparent: event.traceparent,
  };
}

/** The source of what is made up here. */
const origin = { source: '/webhooks', subject: null } as const;

function madeUpDelivery(webhook: TargetWebhook, event: MadeUpEvent, kind: 'test' | 'ping'): Delivery {
  const deliveryId = madeUpDeliveryIdOf(event.now, event.eventId, webhook.id, origin.source);
  const target = { webhookId: webhook.id, deliveryId, clientId: webhook.clientId };
  return {
    deliveryId,
    eventTime: event.now,
    webhookId: webhook.id,
    clientId: webhook.clientId,
    eventId: event.eventId,
    eventType: event.eventType,
    kind,
    trigger: kind === 'ping' ? 'probe' : 'first',
    round: '',
    attempt: 1,
    ...shapePayload({ ...event, ...origin, time: event.now }, target, webhook.format),
    createdAt: event.now,
    traceparent: event.traceparent,
  };
}

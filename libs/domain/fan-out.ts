/**
 * In: a platform event that was accepted, its candidates, where it came from. Out: the event with a decision for each
 * candidate, and a delivery for each match.
 * Holds: a function of its arguments, ids included, so an event that is fanned out twice makes the same things twice;
 * a webhook of another client than the event's is never decided on.
 */
import type { PlatformEvent } from './cloud-event.ts';
import type { Delivery } from './delivery.ts';
import type { EventType } from './event-type.ts';
import type { FilterEvent } from './filter.ts';
import { deliveryIdOf, eventKeyOf, idTimeOf } from './ids.ts';
import type { Subscription } from './match.ts';
import { payloadShaper } from './payload.ts';
import type { Rejection } from './rejection.ts';
import type { Decision, WebhookEvent } from './webhook-event.ts';

export interface EventOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The timestamp of the Kafka record. */
  readonly timestampMs: number;
}

export interface FanOutInput {
  /** Its data masked. */
  readonly event: PlatformEvent;
  /** UTF-8 JSON text of the data, masked. */
  readonly dataText: Buffer;
  readonly origin: EventOrigin;
  readonly candidates: readonly Subscription[];
  /** How far back the history reaches. */
  readonly historyMs: number;
}

export interface FanOutResult {
  /** The event; more than once, with a part of the decisions each, when they do not fit into one record. */
  readonly events: readonly WebhookEvent[];
  readonly deliveries: readonly Delivery[];
  /** Webhooks in whose format the event is too large for a record: their decision is `filtered`. */
  readonly tooLarge: readonly { readonly webhookId: string; readonly bodyBytes: number }[];
}

/** Kafka takes records of 1 MiB; what surrounds the body has to fit in too. */
export const bodyBytesMax = 1_000_000;

export type Audience =
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'everyone' }
  | { readonly kind: 'none'; readonly rejection: Rejection };

/** Whom an event is for. `eventType` null: not in the catalogue. */
export function audienceOf(
  event: Pick<PlatformEvent, 'type' | 'clientId'>,
  eventType: EventType | null,
  unknownEventTypes: 'accept' | 'reject',
): Audience {
  if (eventType === null && unknownEventTypes === 'reject') {
    return { kind: 'none', rejection: { reason: 'unknown_event_type', detail: 'the type is not in the catalogue' } };
  }
  if (event.clientId !== null) return { kind: 'client', clientId: event.clientId };
  if (eventType?.audience === 'broadcast') return { kind: 'everyone' };
  const detail = eventType === null ? 'no clientid, and the type is not catalogued' : 'no clientid, and no broadcast';
  return { kind: 'none', rejection: { reason: 'no_audience', detail } };
}

/** The webhook that a notice is about: it never gets that notice. Null when the notice names none. */
export function webhookOfNotice(event: Pick<PlatformEvent, 'subject' | 'data'>): string | null {
  const { data } = event;
  const named: unknown = typeof data === 'object' && data !== null && 'webhookId' in data ? data.webhookId : null;
  return typeof named === 'string' ? named : event.subject;
}

export function fanOut(input: FanOutInput): FanOutResult {
  const { event, origin } = input;
  const recordTimeMs = dateOf(origin.timestampMs);
  const ownTimeMs = event.timeMs !== null && event.timeMs >= 0 ? event.timeMs : null;
  const time = idTimeOf(ownTimeMs, recordTimeMs, input.historyMs);
  const webhookEvent: WebhookEvent = {
    eventId: event.id,
    eventKey: eventKeyOf(time, event.clientId, event.id),
    eventType: event.type,
    source: event.source,
    subject: event.subject,
    clientId: event.clientId,
    kind: 'event',
    time,
    receivedAt: recordTimeMs,
    data: input.dataText,
    decisions: [],
    sourceTopic: origin.topic,
    sourcePartition: origin.partition,
    sourceOffset: origin.offset,
    traceparent: event.traceparent,
  };
  const decided = decide(input, webhookEvent);
  return { ...decided, events: inRecords(webhookEvent, decided.decisions) };
}

function decide({ event, candidates }: FanOutInput, webhookEvent: WebhookEvent) {
  const decisions: Decision[] = [];
  const deliveries: Delivery[] = [];
  const tooLarge: { webhookId: string; bodyBytes: number }[] = [];
  const shape = payloadShaper(webhookEvent);
  let filterEvent: FilterEvent | null = null;
  for (const candidate of candidates) {
    const { webhookId, clientId } = candidate;
    if (event.clientId !== null && clientId !== event.clientId) throw new Error('a candidate of another client');
    const unmatched = { webhookId, clientId, deliveryId: null, format: null };
    if (!candidate.isActive) {
      decisions.push({ ...unmatched, decision: 'disabled' });
      continue;
    }
    if (candidate.filter !== null && !candidate.filter((filterEvent ??= filterEventOf(event, webhookEvent.time)))) {
      decisions.push({ ...unmatched, decision: 'filtered' });
      continue;
    }
    const deliveryId = deliveryIdOf(webhookEvent.time, event.id, webhookId);
    const { contentType, body } = shape({ webhookId, deliveryId, clientId }, candidate.format);
    if (body.length > bodyBytesMax) {
      tooLarge.push({ webhookId, bodyBytes: body.length });
      decisions.push({ ...unmatched, decision: 'filtered' });
      continue;
    }
    decisions.push({ webhookId, clientId, decision: 'matched', deliveryId, format: candidate.format });
    deliveries.push(firstDelivery(webhookEvent, { webhookId, clientId, deliveryId, contentType, body }));
  }
  return { decisions, deliveries, tooLarge };
}

function firstDelivery(
  event: WebhookEvent,
  to: Pick<Delivery, 'webhookId' | 'clientId' | 'deliveryId' | 'contentType' | 'body'>,
): Delivery {
  return {
    ...to,
    eventId: event.eventId,
    eventType: event.eventType,
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    createdAt: event.receivedAt,
    traceparent: event.traceparent,
  };
}

function filterEventOf(event: PlatformEvent, time: number): FilterEvent {
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    subject: event.subject,
    time: new Date(time).toISOString(),
    data: event.data,
  };
}

/** One record for the event with its decisions, or as many as a broadcast to thousands needs. */
function inRecords(event: WebhookEvent, decisions: readonly Decision[]): WebhookEvent[] {
  const roomBytes = Math.max(bodyBytesMax - event.data.length, 20_000);
  const records: WebhookEvent[] = [];
  let start = 0;
  let bytes = 0;
  decisions.forEach((decision, index) => {
    const decisionBytes = 70 + Buffer.byteLength(decision.webhookId) + Buffer.byteLength(decision.clientId);
    if (bytes + decisionBytes > roomBytes) {
      records.push({ ...event, decisions: decisions.slice(start, index) });
      start = index;
      bytes = 0;
    }
    bytes += decisionBytes;
  });
  records.push({ ...event, decisions: start === 0 ? decisions : decisions.slice(start) });
  return records;
}

/** Producers set timestamps as they like: what no id could carry becomes the nearest that one can. */
function dateOf(timestampMs: number): number {
  return Math.min(Math.max(Math.trunc(timestampMs), 0), 2 ** 48 - 1);
}

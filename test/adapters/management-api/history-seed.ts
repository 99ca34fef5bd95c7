/** An event with its delivery in the history, as the projector would have written it. */
import { randomUUID } from 'node:crypto';
import { deliveryIdOf, eventKeyOf, historyIdOf } from '../../../libs/domain/ids.ts';
import type { DeliveryOutcome, OutcomeStatus } from '../../../libs/domain/delivery/outcome.ts';
import type { Decision, WebhookEvent } from '../../../libs/domain/event/webhook-event.ts';
import { ConsumerOffsetStore } from '../../../libs/postgres/consumer-offset-store.ts';
import { HistoryWriter } from '../../../libs/postgres/history/history-writer.ts';
import { createOrm } from '../../../libs/postgres/orm.ts';

export interface SeedOptions {
  readonly clientId: string;
  readonly webhookId: string;
  readonly eventId?: string;
  readonly eventType?: string;
  /** JSON text. */
  readonly data?: string;
  /** Unix milliseconds. Default: now. */
  readonly time?: number;
  /** When its record came, in Unix milliseconds. Default: at its time. */
  readonly receivedAt?: number;
  /** Its id carries the time. Default: false. */
  readonly isOfEarlierVersion?: boolean;
  /** One for each attempt that was made. Default: one that delivered. */
  readonly outcomes?: readonly OutcomeStatus[];
  /** What else every one of them was. */
  readonly attempt?: Partial<DeliveryOutcome>;
  readonly kind?: 'event' | 'test';
  readonly source?: string;
  readonly subject?: string;
  /** W3C Trace Context of the event. */
  readonly traceparent?: string;
  /** The event's own audience. Default: the client; null: a broadcast. */
  readonly audience?: string | null;
  /** Decisions `filtered` on webhooks of others, as clientId and webhookId. */
  readonly others?: readonly (readonly [string, string])[];
  /** Webhooks that were disabled, as clientId and webhookId. */
  readonly disabled?: readonly (readonly [string, string])[];
}

export async function seedHistory(
  databaseUrl: string,
  ...seeds: SeedOptions[]
): Promise<{ deliveryId: string; eventId: string }> {
  const orm = createOrm(databaseUrl, 2);
  try {
    const writer = new HistoryWriter(orm.em, new ConsumerOffsetStore(orm.em, 'seed'));
    const made = seeds.map(madeFrom);
    const outcomes = made.flatMap((one) => one.outcomes);
    await writer.writeBatch({ events: made.map(({ event }) => event), outcomes, offsets: [] });
    const last = made.at(-1);
    if (last === undefined) throw new Error('nothing to seed');
    return { deliveryId: last.deliveryId, eventId: last.event.eventId };
  } finally {
    await orm.close(true);
  }
}

function madeFrom(seed: SeedOptions) {
  const {
    clientId,
    webhookId,
    eventId = randomUUID(),
    eventType = 'order.created',
    time = Date.now(),
    source = '/test',
  } = seed;
  const audience = seed.audience === undefined ? clientId : seed.audience;
  const id = deliveryIdOf(eventId, webhookId, source);
  const deliveryId = seed.isOfEarlierVersion === true ? historyIdOf(id, time) : id;
  const matched = { webhookId, clientId, decision: 'matched', deliveryId, format: 'json' } as const;
  const unmatched = (decision: 'filtered' | 'disabled') => (of: readonly [string, string]) =>
    ({ webhookId: of[1], clientId: of[0], decision, deliveryId: null, format: null }) as const;
  const others = [
    ...(seed.others ?? []).map(unmatched('filtered')),
    ...(seed.disabled ?? []).map(unmatched('disabled')),
  ];
  const event: WebhookEvent = {
    eventId,
    eventKey: eventKeyOf(time, audience, eventId, source),
    eventType,
    source,
    subject: seed.subject ?? null,
    clientId: audience,
    kind: seed.kind ?? 'event',
    time,
    receivedAt: seed.receivedAt ?? time,
    data: Buffer.from(seed.data ?? '{"no":1}'),
    decisions: [matched, ...others],
    sourceTopic: 'platform.events',
    sourcePartition: 0,
    sourceOffset: 0,
    traceparent: seed.traceparent ?? null,
  };
  const statuses = seed.outcomes ?? ['delivered'];
  return {
    event,
    deliveryId,
    outcomes: statuses.map((status, index) => ({ ...outcomeOf(event, matched, status, index + 1), ...seed.attempt })),
  };
}

function outcomeOf(
  event: WebhookEvent,
  {
    webhookId,
    clientId,
    deliveryId,
  }: Pick<Decision, 'webhookId' | 'clientId'> & {
    deliveryId: string;
  },
  status: OutcomeStatus,
  attempt: number,
): DeliveryOutcome {
  const isDelivered = status === 'delivered';
  return {
    deliveryId,
    eventTime: event.time,
    webhookId,
    clientId,
    eventId: event.eventId,
    eventType: event.eventType,
    kind: event.kind,
    trigger: attempt === 1 ? 'first' : 'retry',
    round: '',
    attempt,
    status,
    reason: isDelivered ? null : status === 'failed_retryable' ? 'http' : 'exhausted',
    startedAt: event.receivedAt + attempt * 1000,
    latencyMs: 12,
    // As attempts were recorded before every added value was masked.
    requestHeaders: { 'webhook-id': deliveryId, 'x-pass': 'recorded-in-clear' },
    responseCode: isDelivered ? 200 : 503,
    responseHeaders: { 'content-type': 'text/plain' },
    responseBodySample: Buffer.from(isDelivered ? 'thanks' : 'busy'),
    responseBodyTruncated: false,
    errorKind: null,
    errorMessage: isDelivered ? null : 'the endpoint answered 503',
    nextAttemptAt: status === 'failed_retryable' ? event.receivedAt + 60_000 : null,
    deliveryCreatedAt: event.receivedAt,
    disableWebhook: null,
    targetVersion: null,
    traceparent: attempt === 2 ? '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' : null,
  };
}

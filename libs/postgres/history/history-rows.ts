/**
 * A batch of events and outcomes as rows of the history, each row once, sorted by its key: one statement may not
 * touch a row twice, and writers that lock in one order cannot block each other in a circle.
 */
import { historyIdOf, isTimeless, timeOfId } from '../../domain/ids.ts';
import type { KeptOutcome } from '../../domain/delivery/outcome.ts';
import { comparePrecedence } from '../../domain/delivery/outcome-precedence.ts';
import { decisionKinds, type Decision, type WebhookEvent } from '../../domain/event/webhook-event.ts';
import type { AttemptInput, DeliveryInput, EventInput } from './history-inputs.ts';

export interface HistoryRows {
  readonly events: readonly EventInput[];
  readonly deliveries: readonly DeliveryInput[];
  readonly attempts: readonly AttemptInput[];
  readonly held: readonly HeldInput[];
}

/** A decision `held`, for the rewind of its webhook. */
export interface HeldInput {
  readonly webhook_id: string;
  readonly event_key: string;
  readonly received_at: string;
  readonly source_topic: string;
  readonly source_partition: number;
  readonly source_offset: number;
  readonly is_kept: boolean;
}

/** @throws RangeError for an id without a time or a time that is none */
export function historyRows(events: readonly WebhookEvent[], outcomes: readonly KeptOutcome[]): HistoryRows {
  const eventByKey = foldBy(events, (event) => event.eventKey, mergeEvents);
  const outcomeByAttempt = foldBy(outcomes, attemptKey, strongerOutcome);
  const outcomeByDelivery = foldBy(outcomeByAttempt.values(), keyOf, strongerOutcome);
  const deliveries = foldBy(
    [
      ...[...eventByKey.values()].flatMap((event) => event.decisions.flatMap((decision) => pending(event, decision))),
      ...[...outcomeByAttempt.values()].map((outcome) => firstKnown(outcome)),
    ],
    ({ id }) => id,
    mergeDeliveries,
  );
  return {
    events: inOrder(eventByKey).map(eventRow),
    deliveries: inOrder(deliveries).map((row) => ({ ...row, ...standing(outcomeByDelivery.get(row.id)) })),
    attempts: inOrder(outcomeByAttempt).map(attemptRow),
    held: inOrder(eventByKey).flatMap(heldRows),
  };
}

type KeyFields = Pick<KeptOutcome, 'deliveryId' | 'eventTime' | 'deliveryCreatedAt'>;

function attemptKey(outcome: KeyFields & Pick<KeptOutcome, 'round' | 'attempt'>): string {
  return `${keyOf(outcome)} ${outcome.round} ${outcome.attempt}`;
}

/** Of the delivery. Without the event's time, as a retry has it that a version before kept, the round's is the next best. */
function keyOf({ deliveryId, eventTime, deliveryCreatedAt }: KeyFields): string {
  return historyIdOf(deliveryId, eventTime ?? deliveryCreatedAt);
}

/** What names a delivery beside its key; null: the key does. */
function nameOf(deliveryId: string): string | null {
  return isTimeless(deliveryId) ? deliveryId : null;
}

function foldBy<T>(items: Iterable<T>, keyOf: (item: T) => string, merge: (a: T, b: T) => T): Map<string, T> {
  const folded = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    const known = folded.get(key);
    folded.set(key, known === undefined ? item : merge(known, item));
  }
  return folded;
}

/** Values in the order of their keys. */
function inOrder<T>(folded: ReadonlyMap<string, T>): T[] {
  return [...folded].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

function strongerOutcome(a: KeptOutcome, b: KeptOutcome): KeptOutcome {
  return comparePrecedence(b, a) > 0 ? b : a;
}

/** The first record of an event is the event; the decisions of all of them count (SQL: merge_decisions). */
function mergeEvents(a: WebhookEvent, b: WebhookEvent): WebhookEvent {
  return { ...(isEarlier(b, a) ? b : a), decisions: mergeDecisions([...a.decisions, ...b.decisions]) };
}

function isEarlier(a: WebhookEvent, b: WebhookEvent): boolean {
  if (a.receivedAt !== b.receivedAt) return a.receivedAt < b.receivedAt;
  const [topicA, topicB] = [a.sourceTopic ?? '', b.sourceTopic ?? ''];
  if (topicA !== topicB) return topicA < topicB;
  const [partitionA, partitionB] = [a.sourcePartition ?? -1, b.sourcePartition ?? -1];
  if (partitionA !== partitionB) return partitionA < partitionB;
  return (a.sourceOffset ?? -1) < (b.sourceOffset ?? -1);
}

function mergeDecisions(decisions: readonly Decision[]): readonly Decision[] {
  if (decisions.length < 2) return decisions;
  const byWebhook = foldBy(
    decisions,
    ({ webhookId }) => webhookId,
    (a, b) => {
      const difference = decisionKinds.indexOf(b.decision) - decisionKinds.indexOf(a.decision);
      return difference < 0 || (difference === 0 && (b.format ?? '') > (a.format ?? '')) ? b : a;
    },
  );
  return inOrder(byWebhook);
}

function eventRow(event: WebhookEvent): EventInput {
  return {
    event_key: event.eventKey,
    day_time: timeOfId(event.eventKey),
    event_id: event.eventId,
    event_type: event.eventType,
    source: event.source,
    subject: event.subject,
    client_id: event.clientId,
    kind: event.kind,
    received_at: event.receivedAt,
    data: event.data,
    decisions: mergeDecisions(event.decisions).map(({ webhookId, clientId, decision, deliveryId, format }) => ({
      webhookId,
      clientId,
      decision,
      deliveryId,
      format,
    })),
    source_topic: event.sourceTopic,
    source_partition: event.sourcePartition,
    source_offset: event.sourceOffset,
    traceparent: event.traceparent,
  };
}

function heldRows(event: WebhookEvent): HeldInput[] {
  return mergeDecisions(event.decisions)
    .filter(({ decision }) => decision === 'held')
    .map(({ webhookId, deliveryId }) => ({
      webhook_id: webhookId,
      event_key: event.eventKey,
      received_at: new Date(event.receivedAt).toISOString(),
      source_topic: event.sourceTopic ?? '',
      source_partition: event.sourcePartition ?? -1,
      source_offset: event.sourceOffset ?? -1,
      is_kept: deliveryId !== null,
    }));
}

type KnownDelivery = Omit<DeliveryInput, keyof ReturnType<typeof standing> | 'id' | 'created_at'> & {
  readonly id: string;
  readonly created_at: number;
};

function pending(event: WebhookEvent, decision: Decision): KnownDelivery[] {
  if (decision.decision !== 'matched' || decision.deliveryId === null) return [];
  const id = historyIdOf(decision.deliveryId, timeOfId(event.eventKey));
  return [
    {
      id,
      day_time: timeOfId(id),
      webhook_id: decision.webhookId,
      client_id: decision.clientId,
      event_id: event.eventId,
      event_type: event.eventType,
      kind: event.kind,
      event_key: event.eventKey,
      format: decision.format,
      created_at: event.receivedAt,
      message_id: nameOf(decision.deliveryId),
    },
  ];
}

function firstKnown(outcome: KeptOutcome): KnownDelivery {
  const id = keyOf(outcome);
  return {
    id,
    day_time: timeOfId(id),
    webhook_id: outcome.webhookId,
    client_id: outcome.clientId,
    event_id: outcome.eventId,
    event_type: outcome.eventType,
    kind: outcome.kind,
    event_key: null,
    format: null,
    created_at: outcome.deliveryCreatedAt,
    message_id: nameOf(outcome.deliveryId),
  };
}

function mergeDeliveries(a: KnownDelivery, b: KnownDelivery): KnownDelivery {
  return {
    ...a,
    event_key: lesser(a.event_key, b.event_key),
    format: lesser(a.format, b.format),
    created_at: Math.min(a.created_at, b.created_at),
    message_id: lesser(a.message_id, b.message_id),
  };
}

/** The lesser of two texts; null counts as none. */
function lesser(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function standing(outcome: KeptOutcome | undefined) {
  return {
    status: outcome?.status ?? 'pending',
    reason: outcome?.reason ?? null,
    next_attempt_at: outcome?.nextAttemptAt ?? null,
    last_attempt_at: outcome?.startedAt ?? null,
    last_round_at: outcome?.deliveryCreatedAt ?? null,
    last_round: outcome?.round ?? null,
    last_attempt: outcome?.attempt ?? null,
    last_latency_ms: outcome?.latencyMs ?? null,
    last_response_code: outcome?.responseCode ?? null,
    last_error_kind: outcome?.errorKind ?? null,
  };
}

function attemptRow(outcome: KeptOutcome): AttemptInput {
  const id = keyOf(outcome);
  return {
    delivery_id: id,
    round: outcome.round,
    attempt: outcome.attempt,
    day_time: timeOfId(id),
    round_at: outcome.deliveryCreatedAt,
    trigger: outcome.trigger,
    started_at: outcome.startedAt,
    status: outcome.status,
    reason: outcome.reason,
    latency_ms: outcome.latencyMs,
    request_headers: outcome.requestHeaders,
    response_code: outcome.responseCode,
    response_headers: outcome.responseHeaders,
    response_body_sample: outcome.responseBodySample,
    response_body_truncated: outcome.responseBodyTruncated,
    error_kind: outcome.errorKind,
    error_message: outcome.errorMessage,
    next_attempt_at: outcome.nextAttemptAt,
    traceparent: outcome.traceparent,
  };
}

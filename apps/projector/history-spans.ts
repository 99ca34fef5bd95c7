/**
 * In: what was written into the history in one transaction. Out: a span for each record of a sampled trace. Holds: no
 * more than one span a record, so a batch bounds them; traces begin elsewhere.
 */
import type { KeptOutcome } from '../../libs/domain/delivery/outcome.ts';
import { isSampled } from '../../libs/domain/event/traceparent.ts';
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';
import type { SpanAttributes, Tracer } from '../../libs/runtime/tracing.ts';

export interface WrittenHistory {
  readonly events: readonly WebhookEvent[];
  readonly outcomes: readonly KeptOutcome[];
  /** Unix milliseconds at which the transaction began and was there. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Names of the topics on this cluster, prefix included. */
export interface HistoryTopics {
  readonly events: string;
  readonly outcomes: string;
}

export type TraceHistory = (written: WrittenHistory) => void;

/** Undefined while tracing is off. */
export function historySpans(tracer: Tracer | undefined, topics: HistoryTopics): TraceHistory | undefined {
  if (tracer === undefined) return undefined;
  return ({ events, outcomes, startedAt, endedAt }) => {
    const count = events.length + outcomes.length;
    const trace = (topic: string, parent: string, more: SpanAttributes) => {
      const attributes = { ...writing(topic, count), ...more };
      const span = tracer.start({ name: `process ${topic}`, kind: 'consumer', parent, startedAt, attributes });
      span.end({}, null, endedAt);
    };
    for (const event of events) {
      if (isKept(event.traceparent)) trace(topics.events, event.traceparent, eventAttributes(event));
    }
    for (const outcome of outcomes) {
      if (isKept(outcome.traceparent)) trace(topics.outcomes, outcome.traceparent, outcomeAttributes(outcome));
    }
  };
}

function isKept(traceparent: string | null): traceparent is string {
  return traceparent !== null && isSampled(traceparent);
}

function eventAttributes({ eventId, eventType }: Pick<WebhookEvent, 'eventId' | 'eventType'>): SpanAttributes {
  return { 'cloudevents.event_id': eventId, 'cloudevents.event_type': eventType };
}

function outcomeAttributes(outcome: KeptOutcome): SpanAttributes {
  return {
    ...eventAttributes(outcome),
    'webhook.id': outcome.webhookId,
    'webhook.delivery.id': outcome.deliveryId,
    'webhook.attempt': outcome.attempt,
    'webhook.outcome': outcome.status,
  };
}

function writing(topic: string, count: number): SpanAttributes {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': topic,
    'messaging.batch.message_count': count,
    'db.system.name': 'postgresql',
  };
}

/**
 * In: a delivery and its webhook; later what the attempt came to. Out: the span of the attempt. Holds: no path, query or
 * user of a URL, which clients put tokens into, no header, no byte of a payload or an answer.
 */
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { DeliveryOutcome } from '../../libs/domain/delivery/outcome.ts';
import { isSampled } from '../../libs/domain/event/traceparent.ts';
import type { NewSpan, Span, SpanAttributes, Tracer } from '../../libs/runtime/tracing.ts';
import type { ReadyWebhook } from './webhook-table.ts';

/** Null while tracing is off, and for a delivery of a trace that its sampler left out. One of no trace, such as a ping, begins one. */
export function startAttempt(
  tracer: Tracer | undefined,
  delivery: Delivery,
  webhook: ReadyWebhook | undefined,
): Span | null {
  if (tracer === undefined || (delivery.traceparent !== null && !isSampled(delivery.traceparent))) return null;
  return tracer.start(webhook === undefined ? unsent(delivery) : posted(delivery, webhook));
}

/** OpenTelemetry, semantic conventions for HTTP clients. */
function posted(delivery: Delivery, { origin }: ReadyWebhook): NewSpan {
  const { protocol, hostname, port } = new URL(origin);
  const scheme = protocol.slice(0, -1);
  return {
    name: 'POST',
    kind: 'client',
    parent: delivery.traceparent,
    attributes: {
      ...attributesOf(delivery),
      'http.request.method': 'POST',
      'http.request.resend_count': delivery.attempt > 1 ? delivery.attempt - 1 : undefined,
      'url.full': origin,
      'url.scheme': scheme,
      'server.address': hostname,
      'server.port': port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
    },
  };
}

function unsent(delivery: Delivery): NewSpan {
  return { name: 'no attempt', kind: 'internal', parent: delivery.traceparent, attributes: attributesOf(delivery) };
}

function attributesOf(delivery: Delivery): SpanAttributes {
  return {
    'webhook.id': delivery.webhookId,
    'webhook.client.id': delivery.clientId,
    'webhook.delivery.id': delivery.deliveryId,
    'webhook.kind': delivery.kind,
    'webhook.attempt': delivery.attempt,
    'webhook.trigger': delivery.trigger,
    'cloudevents.event_id': delivery.eventId,
    'cloudevents.event_type': delivery.eventType,
  };
}

/** Ends the span; what follows from the outcome is caused by the attempt. */
export function endAttempt(span: Span, outcome: DeliveryOutcome): DeliveryOutcome {
  const { status, reason, responseCode, nextAttemptAt } = outcome;
  const attributes = {
    'http.response.status_code': responseCode ?? undefined,
    'webhook.outcome': status,
    'webhook.reason': reason ?? undefined,
    'webhook.next_attempt_at': nextAttemptAt === null ? undefined : new Date(nextAttemptAt).toISOString(),
  };
  span.end(attributes, problemOf(outcome));
  return span.isSampled ? { ...outcome, traceparent: span.traceparent } : outcome;
}

/** The convention for `error.type`: the status that was answered, or a word for what kept an answer away. */
function problemOf({ status, reason, responseCode, errorKind }: DeliveryOutcome): string | null {
  if (status === 'delivered') return null;
  return errorKind ?? (responseCode === null ? reason : String(responseCode)) ?? 'unknown';
}

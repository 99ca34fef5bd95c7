/** Events and outcomes as the pipeline makes them, each field open to change. */
import { deliveryIdOf, eventKeyOf } from '../../../libs/domain/ids.ts';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import type { Decision, WebhookEvent } from '../../../libs/domain/event/webhook-event.ts';

export const noon = Date.parse('2026-03-10T12:00:00Z');

export function anEvent(changes: Partial<WebhookEvent> & { webhooks?: readonly string[] } = {}): WebhookEvent {
  const { webhooks = ['wh-1'], ...fields } = changes;
  const eventId = fields.eventId ?? 'event-1';
  const clientId = fields.clientId === undefined ? 'client-1' : fields.clientId;
  const time = fields.time ?? noon;
  return {
    eventId,
    eventKey: eventKeyOf(time, clientId, eventId),
    eventType: 'order.created',
    source: '/shop',
    subject: null,
    clientId,
    kind: 'event',
    time,
    receivedAt: time + 5,
    data: Buffer.from('{"total": 12.50}'),
    decisions: webhooks.map((webhookId) => aDecision({ webhookId, deliveryId: deliveryIdOf(eventId, webhookId) })),
    sourceTopic: 'platform.events',
    sourcePartition: 0,
    sourceOffset: 0,
    traceparent: null,
    ...fields,
  };
}

export function aDecision(changes: Partial<Decision> = {}): Decision {
  return {
    webhookId: 'wh-1',
    clientId: 'client-1',
    decision: 'matched',
    deliveryId: deliveryIdOf('event-1', 'wh-1'),
    format: 'json',
    ...changes,
  };
}

export function anOutcome(changes: Partial<DeliveryOutcome> & { time?: number } = {}): DeliveryOutcome {
  const { time = noon, ...fields } = changes;
  const webhookId = fields.webhookId ?? 'wh-1';
  const eventId = fields.eventId ?? 'event-1';
  return {
    deliveryId: deliveryIdOf(eventId, webhookId),
    eventTime: time,
    webhookId,
    clientId: 'client-1',
    eventId,
    eventType: 'order.created',
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    status: 'delivered',
    reason: null,
    startedAt: time + 20,
    latencyMs: 12,
    requestHeaders: { 'content-type': 'application/json', 'webhook-signature': '********' },
    responseCode: 200,
    responseHeaders: { 'content-type': 'text/plain' },
    responseBodySample: Buffer.from('ok'),
    responseBodyTruncated: false,
    errorKind: null,
    errorMessage: null,
    nextAttemptAt: null,
    deliveryCreatedAt: time + 5,
    disableWebhook: null,
    targetVersion: null,
    traceparent: null,
    ...fields,
  };
}

/** How a webhook is doing, and ways to try it. */
import Type from 'typebox';
import { healthStates } from '../domain/health/webhook-health.ts';
import { anyId, eventTypeName, idParams, lineOf, mapOf, nullable, strict, timestamp } from './fields.ts';
import { operation, type Role } from './operation.ts';
import { filter } from './webhook-fields.ts';
import { blockedBySchema, breakerSchema, latencySchema, rateSchema } from './webhook-health.ts';

const owners: readonly Role[] = ['admin', 'client'];
const tag = 'Webhook health and tests';

export const attemptErrorSchema = nullable(
  Type.Object(
    {
      kind: Type.String({
        description: 'timeout, dns, connect, tls, reset or refused-address; http or a reason otherwise.',
      }),
      message: Type.String(),
    },
    { description: 'Null when an answer came.' },
  ),
);

export const healthSchema = Type.Object({
  webhookId: Type.String(),
  state: Type.Enum([...healthStates]),
  disabledBy: nullable(Type.Enum(['client', 'operator', 'failures', 'gone', 'unverified'])),
  disabledReason: nullable(Type.String()),
  pausedUntil: nullable({ ...timestamp, description: 'Null: it is not paused.' }),
  lastSuccessAt: nullable(timestamp),
  lastFailureAt: nullable(timestamp),
  consecutiveFailures: Type.Integer(),
  failingSince: nullable(timestamp),
  successRate: rateSchema,
  latencyMs: latencySchema,
  windows: mapOf(Type.Object({ attempts: Type.Integer(), successRate: rateSchema, latencyMs: latencySchema }), {
    description:
      'The last 5 minutes (5m), hour (1h) and day (24h); successRate and latencyMs above are those of the day.',
  }),
  waiting: Type.Object(
    {
      count: Type.Integer({ description: 'Deliveries that are not settled; 10,000 means that many or more.' }),
      oldestAt: nullable(timestamp),
      oldestAgeMs: Type.Integer({ description: 'How long the oldest of them waits; 0 when none does.' }),
      drainSeconds: nullable(
        Type.Integer({
          description: 'Until none waits, at the recent rate; null if nothing arrived recently, or while it is paused.',
        }),
      ),
    },
    { description: 'What waits for its first or next attempt.' },
  ),
  fallingBehind: Type.Boolean({
    description:
      'More comes than goes: deliveries wait for more than a minute to be tried at all, and for a minute or longer every first attempt began as late. Its endpoint takes less, its own limits or the pace of its recovery let through less, or it has its client’s share of attempts. False while nothing is sent to it; what a pause held is late only from its end on.',
  }),
  blockedBy: blockedBySchema,
  breaker: breakerSchema,
  breakerOpenUntil: nullable({ ...timestamp, description: 'Null: it is not open.' }),
  lastPingAt: nullable(timestamp),
  lastPingDelivered: nullable(Type.Boolean()),
  healing: nullable(
    Type.Object(
      {
        goodPings: Type.Integer({
          description: 'In a row, since failures disabled it; refused ones of an endpoint that is there too.',
        }),
        failedPings: Type.Integer({ description: 'In a row: each makes the next ping come later.' }),
        nextPingAt: nullable(timestamp),
        recoveringSince: nullable(timestamp),
        recoveringUntil: nullable(timestamp),
        pacePerSecond: nullable(Type.Number({ description: 'Most POSTs per second just now.' })),
      },
      { description: 'How it recovers by itself, or from a pause; null for a webhook that does not recover.' },
    ),
  ),
  verification: nullable(
    Type.Object(
      {
        tries: Type.Integer({ description: 'How often it was asked by itself; seven times at most.' }),
        askedAt: nullable({ ...timestamp, description: 'When it last proved nothing.' }),
        problem: nullable(Type.String({ description: 'What was missing then.' })),
        nextAt: nullable({ ...timestamp, description: 'When it is asked again by itself; null: not any more.' }),
      },
      { description: 'Whether its endpoint wants deliveries; null for a webhook that has nothing to prove.' },
    ),
  ),
});

export const getWebhookHealth = operation({
  id: 'getWebhookHealth',
  method: 'get',
  path: '/v1/webhooks/{id}/health',
  tag,
  summary: 'Read how a webhook is doing',
  roles: owners,
  params: idParams,
  status: 200,
  answer: healthSchema,
  answered: 'Its health.',
  problems: ['not_found'],
});

export const pingWebhook = operation({
  id: 'pingWebhook',
  method: 'post',
  path: '/v1/webhooks/{id}/health-checks',
  tag,
  summary: 'Ping a webhook now',
  description:
    'Posts a signed event of type `webhook.ping` once and waits for its outcome. Works for a disabled webhook too, but not for one whose endpoint has to prove first that it wants deliveries.',
  roles: owners,
  needs: 'tests.send',
  params: idParams,
  status: 200,
  answer: Type.Object({
    outcome: Type.Enum(['delivered', 'failed_retryable', 'failed_permanent']),
    responseCode: nullable(Type.Integer()),
    latencyMs: nullable(Type.Integer()),
    error: attemptErrorSchema,
    checkedAt: timestamp,
    status: Type.Enum([...healthStates], {
      description: 'How the webhook stands, as in `GET /v1/webhooks/{id}/health`.',
    }),
    lastSuccessAt: nullable({ ...timestamp, description: 'Of an attempt or of this ping.' }),
    lastFailureAt: nullable({ ...timestamp, description: 'Of an attempt or of this ping.' }),
    consecutiveFailures: Type.Integer({ description: 'Of attempts: pings do not count.' }),
  }),
  answered: 'What came of it, good or bad.',
  problems: ['not_found', 'webhook_unverified', 'health_check_timeout', 'kafka_unavailable', 'overloaded'],
  example: {},
});

export const sendTestEvent = operation({
  id: 'sendTestEvent',
  method: 'post',
  path: '/v1/webhooks/{id}/test-events',
  tag,
  summary: 'Send a test event to a webhook',
  description:
    'A real delivery of a made-up event to this webhook alone, whatever it subscribed to, also while it is disabled or paused. Without `eventType` the first type it subscribed to (or `webhook.test`), without `data` the example of that type.',
  roles: owners,
  needs: 'tests.send',
  params: idParams,
  body: Type.Object({ eventType: Type.Optional(eventTypeName), data: Type.Optional(Type.Unknown()) }, strict),
  isBodyRequired: false,
  status: 202,
  answer: Type.Object({ eventId: Type.String(), deliveryId: Type.String() }),
  answered: 'On its way.',
  problems: ['not_found', 'webhook_unverified', 'payload_too_large', 'kafka_unavailable', 'overloaded'],
  example: { eventType: 'order.created', data: { orderId: 'o-1', amount: 120 } },
});

const explainedConditionSchema = Type.Object(
  {
    pointer: Type.String({ description: 'JSON Pointer into the filter.', examples: ['/data.amount/$gte'] }),
    field: Type.String({ description: 'Dotted path into the event.', examples: ['data.amount'] }),
    operator: Type.String({ examples: ['$gte'] }),
    expected: Type.Unknown({ description: 'The operand, as it is in the filter.' }),
    found: Type.Array(Type.Unknown(), {
      maxItems: 5,
      description:
        'The first values that the event has there; empty when the field is missing. Long texts are cut off, objects and lists are shown empty.',
    }),
    holds: Type.Boolean(),
  },
  { description: 'Why a filter says yes or no.' },
);

export const testFilter = operation({
  id: 'testFilter',
  method: 'post',
  path: '/v1/webhooks/{id}/filter-test',
  tag,
  summary: 'Try an event against the filter of a webhook',
  description:
    'Says what fan-out would decide, and sends nothing. The event is one of the history (`eventId`) or made up (`event`); `filter` is tried instead of the webhook’s own. Events are seen as fan-out sees them: sensitive fields masked. An event of the history takes the capability `payloads.read`.',
  roles: owners,
  isReading: true,
  params: idParams,
  body: Type.Object(
    {
      eventId: Type.Optional({ ...anyId, description: 'An event of the history.' }),
      event: Type.Optional(
        Type.Object(
          {
            type: eventTypeName,
            id: Type.Optional(lineOf(255, 'The CloudEvent’s id.')),
            source: Type.Optional(lineOf(1000, 'The CloudEvent’s source.')),
            subject: Type.Optional(lineOf(1000, 'The CloudEvent’s subject.')),
            time: Type.Optional(timestamp),
            data: Type.Optional(Type.Unknown({ description: 'Whatever the event carries.' })),
          },
          { ...strict, description: 'An event that need not exist.' },
        ),
      ),
      filter: Type.Optional({ ...filter, description: 'To try instead of the webhook’s own; null: none.' }),
    },
    { ...strict, description: 'With either `eventId` or `event`.' },
  ),
  status: 200,
  answer: Type.Object({
    decision: Type.Enum(['matched', 'filtered', 'disabled', 'not_subscribed'], {
      description: 'What fan-out would decide for this webhook as it is now.',
    }),
    isSubscribed: Type.Boolean({ description: 'The webhook’s event types include the type.' }),
    isFilterPassed: Type.Boolean({ description: 'The filter holds for the event, or there is none.' }),
    conditions: Type.Array(explainedConditionSchema, {
      description: 'Each condition of the filter by itself, in its order; empty without a filter.',
    }),
    event: Type.Object(
      {
        id: Type.String({ examples: ['evt-1'] }),
        type: Type.String(),
        source: nullable(Type.String()),
        subject: nullable(Type.String()),
        time: timestamp,
        data: Type.Unknown(),
      },
      { description: 'The event as the filter sees it.' },
    ),
  }),
  answered: 'What became of it.',
  problems: ['not_found', 'event_erased'],
  example: {
    event: { type: 'order.created', data: { orderId: 'o-1', amount: 120 } },
    filter: { 'data.amount': { $gte: 100 } },
  },
});

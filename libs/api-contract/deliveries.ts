/** History: what became of events at webhooks. */
import Type from 'typebox';
import { triggers } from '../domain/delivery/delivery.ts';
import { holds, type HoldKind } from '../domain/delivery/held-by.ts';
import { deliveryStatuses } from '../domain/delivery/outcome.ts';
import {
  anyId,
  exportDescription,
  idParams,
  linesOf,
  mapOf,
  nullable,
  searchedPageOf,
  pageQuery,
  strict,
  timestamp,
} from './fields.ts';
import { traitFilters } from './delivery-traits.ts';
import { operation, type Role } from './operation.ts';
import { attemptErrorSchema } from './webhook-checks.ts';

const owners: readonly Role[] = ['admin', 'client'];
const tag = 'Deliveries';

const deliveryFields = {
  id: Type.String({
    description:
      'The header `webhook-id`, as the receiver logs it: the same for every copy of the event, in every attempt, resend and replay.',
    examples: ['f3a91c07-5d2e-8a5b-8c6d-9e0f1a2b3c4d'],
  }),
  webhookId: Type.String(),
  clientId: Type.String(),
  eventId: Type.String(),
  eventType: Type.String(),
  kind: Type.Enum(['event', 'test', 'ping']),
  status: Type.Enum([...deliveryStatuses], {
    description:
      'failed_retryable: another attempt follows at nextAttemptAt. failed_permanent: nothing follows, reason says why.',
  }),
  reason: nullable(Type.String()),
  attemptCount: Type.Integer(),
  createdAt: timestamp,
  nextAttemptAt: nullable(timestamp),
  lastAttemptAt: nullable(timestamp),
  lastResponseCode: nullable(Type.Integer()),
};

export const deliverySchema = Type.Object(deliveryFields, { description: 'What became of an event at a webhook.' });

const headersSchema = mapOf(Type.String());

export const attemptSchema = Type.Object({
  attempt: Type.Integer({ description: 'Counts the attempts of the delivery from 1, in the order they began.' }),
  trigger: Type.Enum([...triggers]),
  round: Type.String({ description: 'Empty, or the id of the resend or replay that began this round of attempts.' }),
  replayId: nullable(Type.String({ description: 'Of the replay that the attempt belongs to.' })),
  startedAt: timestamp,
  outcome: Type.Enum(['delivered', 'failed_retryable', 'failed_permanent']),
  reason: nullable(Type.String()),
  requestHeaders: mapOf(Type.String(), { description: 'What the webhook adds is masked.' }),
  responseCode: nullable(Type.Integer()),
  responseHeaders: headersSchema,
  responseBodySample: nullable(
    Type.String({
      description: 'The first 4 KiB of the answer as text; in JSON and forms values of SENSITIVE_FIELDS are masked.',
    }),
  ),
  responseBodyTruncated: Type.Boolean(),
  latencyMs: nullable(Type.Integer()),
  error: attemptErrorSchema,
  note: nullable(
    Type.String({
      description:
        'What else is to be known where there is no error: where a redirect pointed to, what was odd about an answer, why a refusal is not final yet, or that a kept connection did not take the request any more, so that it was sent on another.',
    }),
  ),
  nextAttemptAt: nullable(timestamp),
  traceId: nullable(
    Type.String({
      description:
        'The W3C trace that the attempt belongs to: of its event, or of the request that asked for it. Null when neither came with one.',
    }),
  ),
});

export const deliveryDetailSchema = Type.Object({
  ...deliveryFields,
  payloadSent: nullable(
    Type.String({
      description: 'The exact text that is posted and signed; null when its event is not in the history.',
    }),
  ),
  payloadContentType: nullable(Type.String()),
  isErased: Type.Boolean({ description: 'The data of its event was erased on request: payloadSent is null.' }),
  isPayloadHidden: Type.Boolean({
    description: 'The caller lacks `payloads.read`: payloadSent and every responseBodySample are null.',
  }),
  attempts: Type.Array(attemptSchema),
  heldBy: nullable(
    Type.Object(
      {
        by: Type.Enum(Object.keys(holds) as HoldKind[], {
          description: Object.entries(holds)
            .map(([by, meaning]) => `${by}: ${meaning}`)
            .join(' '),
        }),
        until: nullable({ ...timestamp, description: 'Null: that depends on others.' }),
        deliveryId: nullable(Type.String({ description: 'With `order`: the delivery that has to be settled before.' })),
      },
      { description: 'What it waits for, by what is known of its webhook; null when it is settled or about to be.' },
    ),
  ),
  age: Type.Object(
    {
      fanoutMs: nullable(
        Type.Integer({
          description:
            'Ours: from the event’s arrival on Kafka until the round began, where fan-out came to it late; null when its event is not in the history.',
        }),
      ),
      ownLimitsMs: Type.Integer({
        description:
          'Ours, or by the webhook’s own settings: it waited for its turn, its rate, its breaker or its endpoint’s places, when it could have been sent.',
      }),
      retryWaitMs: Type.Integer({ description: 'Theirs: it waited to be tried again, by the retry policy.' }),
      endpointMs: Type.Integer({ description: 'Theirs: attempts were under way.' }),
    },
    {
      description:
        'Where its time went, by whose doing it was; until now for one that is not settled. Time between rounds is not counted.',
    },
  ),
});

const deliveryFilters = {
  ...traitFilters,
  eventType: Type.Optional(anyId),
  eventId: Type.Optional(anyId),
  from: Type.Optional({ ...timestamp, description: 'Events of this time or later.' }),
  to: Type.Optional({ ...timestamp, description: 'Events before this time.' }),
};

export const listDeliveries = operation({
  id: 'listDeliveries',
  method: 'get',
  path: '/v1/deliveries',
  tag,
  summary: 'List deliveries',
  roles: owners,
  query: Type.Object(
    { ...pageQuery, ...deliveryFilters, webhookId: Type.Optional(anyId), clientId: Type.Optional(anyId) },
    strict,
  ),
  status: 200,
  answer: searchedPageOf(deliverySchema, 'Deliveries, those of the newest events first.'),
  answered: 'A page of deliveries.',
});

export const countDeliveries = operation({
  id: 'countDeliveries',
  method: 'get',
  path: '/v1/deliveries/count',
  tag,
  summary: 'Count deliveries',
  description:
    'With the filters of the list. Exact up to 10,000 among the newest 50,000 deliveries of whom they are of, or the newest 10,000 where `trigger` is given.',
  roles: owners,
  query: Type.Object({ ...deliveryFilters, webhookId: Type.Optional(anyId), clientId: Type.Optional(anyId) }, strict),
  status: 200,
  answer: Type.Object({
    count: Type.Integer({ description: 'At most 10,000.' }),
    isExact: Type.Boolean({ description: 'False: there are at least that many.' }),
    byStatus: Type.Object(
      {
        pending: Type.Integer(),
        delivered: Type.Integer(),
        failed_retryable: Type.Integer(),
        failed_permanent: Type.Integer(),
      },
      { description: 'The same, by where they stand now.' },
    ),
  }),
  answered: 'How many there are.',
});

export const exportDeliveries = operation({
  id: 'exportDeliveries',
  method: 'get',
  path: '/v1/exports/deliveries',
  tag,
  summary: 'Export deliveries as NDJSON',
  description: exportDescription,
  roles: owners,
  query: Type.Object({ ...deliveryFilters, webhookId: Type.Optional(anyId), clientId: Type.Optional(anyId) }, strict),
  status: 200,
  mediaType: 'application/x-ndjson',
  answer: linesOf(deliverySchema, '{"id":"f3a91c07-5d2e-8a5b-8c6d-9e0f1a2b3c4d","status":"delivered"}'),
  answered: 'Those of the newest events first.',
  problems: ['too_many_open'],
});

export const listWebhookDeliveries = operation({
  id: 'listWebhookDeliveries',
  method: 'get',
  path: '/v1/webhooks/{id}/deliveries',
  tag,
  summary: 'List the deliveries of a webhook',
  roles: owners,
  params: idParams,
  query: Type.Object({ ...pageQuery, ...deliveryFilters }, strict),
  status: 200,
  answer: searchedPageOf(deliverySchema, 'Deliveries, those of the newest events first.'),
  answered: 'A page of deliveries.',
  problems: ['not_found'],
});

export const getDelivery = operation({
  id: 'getDelivery',
  method: 'get',
  path: '/v1/deliveries/{id}',
  tag,
  summary: 'Read a delivery with its attempts',
  description: 'Of several deliveries with one id, which are copies of one event, the newest is shown.',
  roles: owners,
  params: idParams,
  status: 200,
  answer: deliveryDetailSchema,
  answered: 'The delivery, what was sent, and every attempt.',
  problems: ['not_found'],
});

export const resendDelivery = operation({
  id: 'resendDelivery',
  method: 'post',
  path: '/v1/deliveries/{id}/resend',
  tag,
  summary: 'Send a delivery again',
  description: 'The same ids and body in a new round of attempts, signed anew. Several resends all run.',
  roles: owners,
  needs: 'deliveries.resend',
  params: idParams,
  status: 202,
  answer: Type.Object({
    deliveryId: Type.String(),
    round: Type.String({ description: 'Names this round of attempts.' }),
  }),
  answered: 'On its way.',
  problems: [
    'not_found',
    'webhook_disabled',
    'webhook_deleted',
    'event_not_in_history',
    'event_erased',
    'kafka_unavailable',
    'overloaded',
  ],
  example: {},
});

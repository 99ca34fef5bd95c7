/** Outcomes as they happen, as server-sent events. */
import Type from 'typebox';
import { triggers } from '../domain/delivery/delivery.ts';
import { deliveryStatuses } from '../domain/delivery/outcome.ts';
import { anyId, nullable, strict, timestamp } from './fields.ts';
import { operation } from './operation.ts';
import { attemptErrorSchema } from './webhook-checks.ts';

const outcomes = deliveryStatuses.filter((status) => status !== 'pending');

export const streamedOutcomeSchema = Type.Object(
  {
    deliveryId: Type.String({ description: 'The header `webhook-id`.' }),
    webhookId: Type.String(),
    clientId: Type.String(),
    eventId: Type.String(),
    eventType: Type.String(),
    kind: Type.Enum(['event', 'test']),
    trigger: Type.Enum([...triggers]),
    round: Type.String({ description: 'Empty, or the id of the resend or replay that began this round of attempts.' }),
    attempt: Type.Integer({ description: 'Counts from 1 within the round.' }),
    outcome: Type.Enum(outcomes),
    reason: nullable(Type.String()),
    startedAt: timestamp,
    responseCode: nullable(Type.Integer()),
    latencyMs: nullable(Type.Integer()),
    error: attemptErrorSchema,
    nextAttemptAt: nullable(timestamp),
  },
  { description: 'The `data` of an event of the stream: what one attempt led to.' },
);

export const streamOutcomes = operation({
  id: 'streamOutcomes',
  method: 'get',
  path: '/v1/stream',
  tag: 'Live',
  summary: 'Follow outcomes as they happen',
  description:
    'Server-sent events named `outcome`, each with a `StreamedOutcome` as JSON, from now on. With the header `Last-Event-ID` it goes on behind ' +
    'that event, and nothing comes twice. What lies too far back is left out: more than the newest 100,000 outcomes of all clients, what takes longer than a minute to catch up with, ' +
    'and what Kafka keeps no longer. Then an event named `gap` says so, with the times (`{"from":…,"until":…}`; `from` is 1970 for an id of the very beginning, and null for one that does not tell) between which outcomes may be missing; ' +
    'find them with `GET /v1/deliveries`. A comment every 15 seconds shows that it is alive. It ends when the key is ' +
    'revoked, and when whoever reads is much too slow; then connect again with the last id. Pings are left out.',
  roles: ['admin', 'client'],
  query: Type.Object(
    {
      webhookId: Type.Optional(anyId),
      clientId: Type.Optional(anyId),
      eventType: Type.Optional(anyId),
      outcome: Type.Optional(Type.Enum(outcomes, { description: 'Only attempts that led to this.' })),
    },
    strict,
  ),
  headers: [
    {
      name: 'Last-Event-ID',
      description: 'The id of the last event that was read.',
      schema: { type: 'string', maxLength: 8000 },
    },
  ],
  status: 200,
  mediaType: 'text/event-stream',
  answer: Type.String({
    description: 'Server-sent events; the schema is that of the `data` of each.',
    contentMediaType: 'application/json',
    contentSchema: streamedOutcomeSchema,
    examples: [
      'id: 0-1a.1-3f\nevent: outcome\ndata: {"deliveryId":"f3a91c07-5d2e-8a5b-8c6d-9e0f1a2b3c4d","outcome":"delivered"}\n\n',
    ],
  }),
  answered: 'The stream.',
  problems: ['too_many_open', 'kafka_unavailable'],
});

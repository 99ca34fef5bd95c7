/** Webhooks: create, read, update, delete, list, on and off. */
import Type from 'typebox';
import { healthStates } from '../domain/health/webhook-health.ts';
import {
  anyId,
  clientId,
  eventTypeName,
  externalId,
  idParams,
  labelFilter,
  labels,
  labelsPatch,
  lineOf,
  mapOf,
  nullable,
  pageOf,
  pageQuery,
  severalOf,
  strict,
  timestamp,
} from './fields.ts';
import { operation, type Role } from './operation.ts';
import { healthBesideSchema } from './webhook-health.ts';
import * as field from './webhook-fields.ts';

const owners: readonly Role[] = ['admin', 'client'];
const tag = 'Webhooks';

export const shownWebhookSchema = Type.Object(
  { ...field.webhookFields, health: Type.Optional(healthBesideSchema) },
  { description: 'A subscription of a client; with `include=health` how it is doing.' },
);

const include = Type.Optional(severalOf(Type.Enum(['health']), 1, 'What to add to each: `health`, of the last day.'));

export const inForce = Type.Optional(
  Type.Boolean({
    description:
      'Usually left out: then every event published after this answer is matched against the webhook as shown here. `false`: Kafka did not take the change within DEFINITION_WAIT_MS_MAX. It counts for what is published once Kafka has it; a PATCH without changes waits again.',
    examples: [false],
  }),
);

const warnings = Type.Optional(
  Type.Array(
    Type.Object({
      code: Type.Enum(['unknown_event_type']),
      message: Type.String({ examples: ['The catalogue has no ordr.created; did you mean order.created?'] }),
    }),
    { description: 'Possible mistakes that were accepted; left out if there are none.' },
  ),
);

export const changedWebhookSchema = Type.Object(
  { ...field.webhookFields, inForce, warnings },
  { description: 'A webhook after a change, and from when on that counts.' },
);

const createdWebhookSchema = Type.Object(
  { ...field.webhookFields, secret: Type.String({ description: field.secretDescription }), inForce, warnings },
  { description: 'The only answer with the secret.' },
);

export const createWebhook = operation({
  id: 'createWebhook',
  method: 'post',
  path: '/v1/webhooks',
  tag,
  summary: 'Create a webhook',
  description:
    'Omitted fields and null take the defaults. The answer comes once every event published from then on is matched against it, usually within a tenth of a second.',
  roles: owners,
  needs: 'webhooks.write',
  isVersioned: true,
  body: Type.Object(
    {
      clientId: Type.Optional(clientId),
      url: field.url,
      eventTypes: field.eventTypes,
      description: Type.Optional(field.description),
      labels: Type.Optional(nullable(labels)),
      externalId: Type.Optional(externalId),
      isActive: Type.Optional(Type.Boolean({ default: true })),
      headers: Type.Optional(nullable(field.headers)),
      filter: Type.Optional(field.filter),
      ordering: Type.Optional(nullable(field.ordering)),
      maxInFlight: Type.Optional(nullable(field.maxInFlight)),
      rateLimitPerSecond: Type.Optional(field.rateLimitPerSecond),
      timeoutMs: Type.Optional(nullable(field.timeoutMs)),
      retryPolicy: Type.Optional(field.retryPolicyInput),
      successCodes: Type.Optional(nullable(field.successCodes)),
      retryOn: Type.Optional(nullable(field.retryOn)),
      failOn: Type.Optional(nullable(field.failOn)),
      format: Type.Optional(nullable(field.format)),
      autoHeal: Type.Optional(nullable(field.autoHeal)),
      autoHealGone: Type.Optional(nullable(field.autoHealGone)),
      tls: Type.Optional(field.tlsInput),
      signatureAlgorithm: Type.Optional(nullable(field.signatureAlgorithm)),
      secret: Type.Optional(field.suppliedSecret),
      startFrom: Type.Optional(
        nullable({
          ...timestamp,
          description:
            'Events of this time or later that the history has are delivered first, in order, and then what comes: as `POST /v1/webhooks/{id}/rewind` does it. `rewind` names the replay that says how far that is. A time in the past; not for one that is created inactive. Where endpoints are verified it waits for that: `startFrom` says so, and `rewind` is there once the endpoint is verified.',
        }),
      ),
    },
    { ...strict, description: 'Required with an admin key; a client’s key implies it.' },
  ),
  status: 201,
  answer: createdWebhookSchema,
  answered: 'The webhook, with its secret.',
  problems: ['too_many_webhooks', 'too_many_replays', 'client_suspended'],
  example: { clientId: 'acme', url: 'https://example.com/hooks/orders', eventTypes: ['order.*'] },
});

export const listWebhooks = operation({
  id: 'listWebhooks',
  method: 'get',
  path: '/v1/webhooks',
  tag,
  summary: 'List webhooks',
  roles: owners,
  query: Type.Object(
    {
      ...pageQuery,
      isActive: Type.Optional(Type.Boolean({ description: 'Only those that are, or that are not.' })),
      eventType: Type.Optional({ ...eventTypeName, description: 'Webhooks that get events of this type.' }),
      clientId: Type.Optional(anyId),
      state: Type.Optional(
        severalOf(
          Type.Enum([...healthStates]),
          healthStates.length,
          'Webhooks in this state; given several times, in any of them.',
        ),
      ),
      label: Type.Optional(labelFilter),
      q: Type.Optional(
        lineOf(
          200,
          'Those with this text in their URL, description or external id, in upper or lower case; or those whose id is masked so in metrics, such as `wh_0…3f2a`.',
        ),
      ),
      sort: Type.Optional(
        Type.Enum(['newest', 'worst'], {
          default: 'newest',
          description:
            '`worst`: those whose last attempts failed, the most failures in a row first, then the others. Only forwards: prevCursor is null, and a cursor counts for the order that it came from.',
        }),
      ),
      include,
    },
    strict,
  ),
  status: 200,
  answer: pageOf(shownWebhookSchema, 'Webhooks, newest first.'),
  answered: 'A page of webhooks.',
});

export const getWebhook = operation({
  id: 'getWebhook',
  method: 'get',
  path: '/v1/webhooks/{id}',
  tag,
  summary: 'Read a webhook',
  roles: owners,
  isVersioned: true,
  params: idParams,
  query: Type.Object({ include }, strict),
  status: 200,
  answer: shownWebhookSchema,
  answered: 'The webhook.',
  problems: ['not_found'],
});

export const updateWebhook = operation({
  id: 'updateWebhook',
  method: 'patch',
  path: '/v1/webhooks/{id}',
  tag,
  summary: 'Change a webhook',
  description:
    'JSON Merge Patch (RFC 7396): absent fields stay, null goes back to the default, members of `headers`, `labels`, `retryPolicy` and `tls` are changed one by one, lists are replaced. A header value or a TLS key given as it is shown, masked, stays as it is. `isActive` enables or disables.',
  roles: owners,
  needs: 'webhooks.write',
  isConditional: true,
  isVersioned: true,
  params: idParams,
  body: Type.Object(
    {
      url: Type.Optional(field.url),
      eventTypes: Type.Optional(field.eventTypes),
      description: Type.Optional(field.description),
      labels: Type.Optional(labelsPatch),
      externalId: Type.Optional(externalId),
      isActive: Type.Optional(Type.Boolean()),
      headers: Type.Optional(nullable(mapOf(nullable(Type.String()), { description: 'null removes a header.' }))),
      filter: Type.Optional(field.filter),
      ordering: Type.Optional(nullable(field.ordering)),
      maxInFlight: Type.Optional(nullable(field.maxInFlight)),
      rateLimitPerSecond: Type.Optional(field.rateLimitPerSecond),
      timeoutMs: Type.Optional(nullable(field.timeoutMs)),
      retryPolicy: Type.Optional(field.retryPolicyInput),
      successCodes: Type.Optional(nullable(field.successCodes)),
      retryOn: Type.Optional(nullable(field.retryOn)),
      failOn: Type.Optional(nullable(field.failOn)),
      format: Type.Optional(nullable(field.format)),
      autoHeal: Type.Optional(nullable(field.autoHeal)),
      autoHealGone: Type.Optional(nullable(field.autoHealGone)),
      tls: Type.Optional(field.tlsInput),
      secret: Type.Optional(field.replacingSecret),
    },
    strict,
  ),
  status: 200,
  answer: changedWebhookSchema,
  answered: 'The webhook as it is now.',
  problems: ['not_found', 'too_many_secrets', 'client_suspended', 'webhook_unverified'],
  example: { description: 'Orders to the warehouse', timeoutMs: 10_000 },
});

export const deleteWebhook = operation({
  id: 'deleteWebhook',
  method: 'delete',
  path: '/v1/webhooks/{id}',
  tag,
  summary: 'Delete a webhook',
  description: 'Waiting deliveries are not sent any more. Its history stays.',
  roles: owners,
  needs: 'webhooks.delete',
  isConditional: true,
  params: idParams,
  status: 204,
  answered: 'It is deleted.',
  problems: ['not_found'],
});

export const enableWebhook = operation({
  id: 'enableWebhook',
  method: 'post',
  path: '/v1/webhooks/{id}/enable',
  tag,
  summary: 'Enable a webhook',
  roles: owners,
  needs: 'webhooks.write',
  isConditional: true,
  isVersioned: true,
  params: idParams,
  status: 200,
  answer: changedWebhookSchema,
  answered: 'The webhook, active.',
  problems: ['not_found', 'client_suspended', 'webhook_unverified'],
});

const missed = Type.Object(
  {
    waiting: Type.Integer({ description: 'Deliveries that wait now; 1,000 means that many or more.' }),
    since: { ...timestamp, description: 'When it was enabled before.' },
    replay: Type.Object(
      {
        filter: Type.Object({
          webhookId: Type.String(),
          missedWhileDisabled: Type.Boolean({ examples: [true] }),
          missedSince: timestamp,
        }),
      },
      { description: 'The body that `POST /v1/replays` takes once it is enabled again.' },
    ),
  },
  {
    description:
      'What it misses: deliveries that wait and events that come until it is enabled, and the replay that brings both back.',
  },
);

export const disabledWebhookSchema = Type.Object(
  { ...field.webhookFields, inForce, missed },
  { description: 'A webhook, and what it misses from now on.' },
);

export const disableWebhook = operation({
  id: 'disableWebhook',
  method: 'post',
  path: '/v1/webhooks/{id}/disable',
  tag,
  summary: 'Disable a webhook',
  description:
    'Waiting deliveries end as `failed_permanent` with reason `disabled`; `missed` says how many there are, and which replay brings them back. To keep them waiting, pause the webhook instead.',
  roles: owners,
  needs: 'webhooks.write',
  isConditional: true,
  isVersioned: true,
  params: idParams,
  status: 200,
  answer: disabledWebhookSchema,
  answered: 'The webhook, inactive.',
  problems: ['not_found'],
});

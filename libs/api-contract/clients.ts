/** Tenants and the keys that open the API. */
import Type from 'typebox';
import { disableLimits } from '../domain/health/disable-rules.ts';
import {
  anyId,
  capabilityList,
  clientId,
  clientStanding,
  externalId,
  idParams,
  labels,
  labelsPatch,
  lineOf,
  nullable,
  pageOf,
  pageQuery,
  retentionDays,
  strict,
  timestamp,
} from './fields.ts';
import { keyRoles, operation, type Role } from './operation.ts';

const operators: readonly Role[] = ['admin'];

const { failureThreshold, minMinutes, failureRatePercent } = disableLimits;

const autoDisable = Type.Object(
  {
    isEnabled: Type.Optional(Type.Boolean()),
    failureThreshold: Type.Optional(
      Type.Integer({ minimum: failureThreshold.min, maximum: failureThreshold.max, description: 'Failures in a row.' }),
    ),
    minMinutes: Type.Optional(
      Type.Integer({ minimum: minMinutes.min, maximum: minMinutes.max, description: 'Over at least.' }),
    ),
    failureRatePercent: Type.Optional(
      Type.Number({
        minimum: failureRatePercent.min,
        maximum: failureRatePercent.max,
        description: 'Part of the attempts of a while; 0: only failures in a row disable.',
      }),
    ),
  },
  {
    ...strict,
    description: 'When failures disable a webhook of this client; omitted fields use the defaults of the installation.',
  },
);

const noticeEmails = Type.Array(
  Type.String({ maxLength: 254, pattern: '^[^\\s\\p{Cc}\\p{Cs}<>()\\[\\],;:@"]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*$' }),
  {
    maxItems: 10,
    uniqueItems: true,
    description: 'Where notices about its webhooks go by mail, when the operator sends mails.',
    examples: [['ops@example.com']],
  },
);

export const clientSchema = Type.Object(
  {
    id: clientId,
    name: lineOf(200, 'For people.'),
    noticeEmails,
    autoDisable,
    labels,
    externalId,
    retentionDays,
    version: Type.Integer({ description: 'Rises with every change.' }),
    createdAt: timestamp,
    ...clientStanding,
  },
  { description: 'A tenant: it owns webhooks, and events name it in `clientid`.' },
);

export const createClient = operation({
  id: 'createClient',
  method: 'post',
  path: '/v1/clients',
  tag: 'Clients',
  summary: 'Create a client',
  roles: operators,
  needs: 'settings.write',
  isVersioned: true,
  body: Type.Object(
    {
      id: Type.Optional(clientId),
      name: lineOf(200, 'For people.', { examples: ['Acme'] }),
      noticeEmails: Type.Optional(noticeEmails),
      autoDisable: Type.Optional(autoDisable),
      labels: Type.Optional(labels),
      externalId: Type.Optional(externalId),
      retentionDays: Type.Optional(retentionDays),
    },
    strict,
  ),
  status: 201,
  answer: clientSchema,
  answered: 'The client.',
  problems: ['already_exists'],
  example: { id: 'acme', name: 'Acme' },
});

export const listClients = operation({
  id: 'listClients',
  method: 'get',
  path: '/v1/clients',
  tag: 'Clients',
  summary: 'List clients',
  roles: operators,
  query: Type.Object(pageQuery, strict),
  status: 200,
  answer: pageOf(clientSchema, 'Clients, in the order of their ids.'),
  answered: 'A page of clients.',
});

export const getClient = operation({
  id: 'getClient',
  method: 'get',
  path: '/v1/clients/{id}',
  tag: 'Clients',
  summary: 'Read a client',
  description: 'A client’s key reads its own client only.',
  roles: ['admin', 'client'],
  isVersioned: true,
  params: idParams,
  status: 200,
  answer: clientSchema,
  answered: 'The client.',
  problems: ['not_found'],
});

export const updateClient = operation({
  id: 'updateClient',
  method: 'patch',
  path: '/v1/clients/{id}',
  tag: 'Clients',
  summary: 'Change a client',
  description:
    'Absent fields stay; `autoDisable` is replaced as a whole, and `{}` restores the defaults; `labels` are changed one by one. A client’s key may change `noticeEmails` only.',
  roles: ['admin', 'client'],
  isConditional: true,
  isVersioned: true,
  needs: 'settings.write',
  params: idParams,
  body: Type.Object(
    {
      name: Type.Optional(lineOf(200, 'For people.')),
      noticeEmails: Type.Optional(noticeEmails),
      autoDisable: Type.Optional(autoDisable),
      labels: Type.Optional(labelsPatch),
      externalId: Type.Optional(externalId),
      retentionDays: Type.Optional(retentionDays),
    },
    strict,
  ),
  status: 200,
  answer: clientSchema,
  answered: 'The client as it is now.',
  problems: ['not_found'],
  example: { noticeEmails: ['ops@example.com'] },
});

const apiKeyFields = {
  id: { ...anyId, examples: ['key_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] },
  name: lineOf(200, 'For people.'),
  role: Type.Enum([...keyRoles], {
    description:
      'admin: everything. client: what belongs to its client. viewer: reads what belongs to its client, changes and sends nothing. publisher: publishes events, for its client only when it has one.',
  }),
  clientId: nullable(clientId),
  prefix: Type.String({ description: 'How the key begins, to recognise it by.', examples: ['whk_7Yq3kP'] }),
  capabilities: capabilityList,
  createdAt: timestamp,
  lastUsedAt: nullable(timestamp),
  expiresAt: nullable({ ...timestamp, description: 'From then on it is refused; null: never.' }),
};

export const apiKeySchema = Type.Object(apiKeyFields, {
  description: 'A key that is in force. The key itself is not kept.',
});

const newApiKeySchema = Type.Object(
  { ...apiKeyFields, key: Type.String({ description: 'Shown in this answer only.' }) },
  { description: 'The only answer with the key.' },
);

export const createClientKey = operation({
  id: 'createClientKey',
  method: 'post',
  path: '/v1/clients/{id}/api-keys',
  tag: 'API keys',
  summary: 'Create a key of a client',
  description:
    'A key or a session of the client makes keys of role `client` and `viewer` that can do no more than itself and last no longer than the key does (a session: than the key that opened it).',
  roles: ['admin', 'client'],
  needs: 'settings.write',
  params: idParams,
  body: Type.Object(
    {
      name: lineOf(200, 'For people.', { examples: ['ci'] }),
      role: Type.Optional(Type.Enum(['client', 'viewer', 'publisher'], { default: 'client' })),
      capabilities: Type.Optional({
        ...capabilityList,
        description: 'What it may do beside looking. Left out: everything that its role and its creator may do.',
      }),
      expiresAt: Type.Optional({
        ...timestamp,
        description: 'From then on it is refused. Left out: as late as allowed.',
      }),
    },
    strict,
  ),
  status: 201,
  answer: newApiKeySchema,
  answered: 'The key.',
  problems: ['not_found', 'too_many_keys'],
  example: { name: 'ci', role: 'client' },
});

const keyPageQuery = Type.Object(pageQuery, strict);

export const listClientKeys = operation({
  id: 'listClientKeys',
  method: 'get',
  path: '/v1/clients/{id}/api-keys',
  tag: 'API keys',
  summary: 'List the keys of a client',
  roles: ['admin', 'client'],
  params: idParams,
  query: keyPageQuery,
  status: 200,
  answer: pageOf(apiKeySchema, 'Keys in force, newest first.'),
  answered: 'A page of keys.',
  problems: ['not_found'],
});

export const revokeClientKey = operation({
  id: 'revokeClientKey',
  method: 'delete',
  path: '/v1/clients/{id}/api-keys/{keyId}',
  tag: 'API keys',
  summary: 'Revoke a key of a client',
  description: 'The next request with it is refused.',
  roles: ['admin', 'client'],
  needs: 'settings.write',
  params: Type.Object({ id: anyId, keyId: anyId }),
  status: 204,
  answered: 'It is revoked.',
  problems: ['not_found'],
});

export const createOperatorKey = operation({
  id: 'createOperatorKey',
  method: 'post',
  path: '/v1/api-keys',
  tag: 'API keys',
  summary: 'Create a key of no client',
  description: 'For operators (`admin`) and for platform services that publish events of every client (`publisher`).',
  roles: operators,
  needs: 'settings.write',
  body: Type.Object(
    { name: lineOf(200, 'For people.', { examples: ['billing service'] }), role: Type.Enum(['admin', 'publisher']) },
    strict,
  ),
  status: 201,
  answer: newApiKeySchema,
  answered: 'The key.',
  example: { name: 'billing service', role: 'publisher' },
});

export const listOperatorKeys = operation({
  id: 'listOperatorKeys',
  method: 'get',
  path: '/v1/api-keys',
  tag: 'API keys',
  summary: 'List the keys of no client',
  roles: operators,
  query: keyPageQuery,
  status: 200,
  answer: pageOf(apiKeySchema, 'Keys in force, newest first.'),
  answered: 'A page of keys.',
});

export const revokeOperatorKey = operation({
  id: 'revokeOperatorKey',
  method: 'delete',
  path: '/v1/api-keys/{keyId}',
  tag: 'API keys',
  summary: 'Revoke a key of no client',
  roles: operators,
  needs: 'settings.write',
  params: Type.Object({ keyId: anyId }),
  status: 204,
  answered: 'It is revoked.',
  problems: ['not_found'],
});

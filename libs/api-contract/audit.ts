/** Who changed what, when, from where. */
import Type from 'typebox';
import {
  anyId,
  clientId,
  exportDescription,
  idParams,
  linesOf,
  linePattern,
  lineOf,
  nullable,
  pageOf,
  pageQuery,
  strict,
  timestamp,
} from './fields.ts';
import { operation } from './operation.ts';

export const auditEntrySchema = Type.Object({
  id: Type.Integer(),
  at: timestamp,
  actor: Type.Object({
    kind: Type.Enum(['api_key', 'portal', 'oidc', 'system']),
    id: Type.String(),
    name: nullable(Type.String()),
  }),
  clientId: nullable(Type.String()),
  action: Type.String({ examples: ['webhook.updated'] }),
  objectKind: Type.String({ examples: ['webhook'] }),
  objectId: Type.String(),
  before: Type.Unknown({ description: 'Secrets masked; null when it was created.' }),
  after: Type.Unknown({ description: 'Secrets masked; null when it was deleted.' }),
  address: nullable(Type.String({ description: 'The IP address that the request came from.' })),
  requestId: nullable(Type.String()),
});

const auditFilters = {
  objectKind: Type.Optional(anyId),
  objectId: Type.Optional(anyId),
  clientId: Type.Optional(anyId),
  action: Type.Optional({ ...anyId, description: 'Such as webhook.updated.' }),
  actorId: Type.Optional({ ...anyId, description: 'The key, session or person that made them.' }),
  from: Type.Optional({ ...timestamp, description: 'Of this time or later.' }),
  to: Type.Optional({ ...timestamp, description: 'Before this time.' }),
};

export const listAudit = operation({
  id: 'listAudit',
  method: 'get',
  path: '/v1/audit',
  tag: 'Audit',
  summary: 'List changes',
  description: 'A client’s key sees the changes to its own objects.',
  roles: ['admin', 'client'],
  query: Type.Object({ ...pageQuery, ...auditFilters }, strict),
  status: 200,
  answer: pageOf(auditEntrySchema, 'Changes, newest first.'),
  answered: 'A page of changes.',
});

export const exportAudit = operation({
  id: 'exportAudit',
  method: 'get',
  path: '/v1/exports/audit',
  tag: 'Audit',
  summary: 'Export changes as NDJSON',
  description: exportDescription,
  roles: ['admin', 'client'],
  query: Type.Object(auditFilters, strict),
  status: 200,
  mediaType: 'application/x-ndjson',
  answer: linesOf(auditEntrySchema, '{"id":1,"action":"webhook.updated","objectKind":"webhook"}'),
  answered: 'Newest first.',
  problems: ['too_many_open'],
});

export const erasureSchema = Type.Object(
  {
    id: Type.String({ examples: ['er_0199c1d2e3f48a5b8c6d9e0f1a2b3c4d'] }),
    clientId: nullable(Type.String()),
    reason: nullable(Type.String()),
    requestedAt: timestamp,
    entries: Type.Integer({ description: 'In which something was replaced, up to now.' }),
    finishedAt: nullable({ ...timestamp, description: 'Null: it is not done yet.' }),
  },
  { description: 'Personal data replaced in the audit log. It does not name whom it was about.' },
);

export const createErasure = operation({
  id: 'createErasure',
  method: 'post',
  path: '/v1/audit/erasures',
  tag: 'Audit',
  summary: 'Replace personal data in the audit log',
  description:
    'Housekeeping replaces the text by `erased`, in the entries that are there at the time of the request: as the name of who changed something, with the address that it came from, and within `before` and `after`. What happened, when and to what stays. It is done within the hour, or later where the log is large, and is in the audit log itself, without the text.',
  roles: ['admin'],
  needs: 'settings.write',
  body: Type.Object(
    {
      subject: Type.String({
        minLength: 3,
        maxLength: 320,
        pattern: linePattern,
        description:
          'A name, or an address of mail or of a network, as the log shows it; letters A to Z in either case. Longer names and addresses that contain it stay.',
        examples: ['ann@example.com'],
      }),
      clientId: Type.Optional({
        ...clientId,
        description: 'Only in entries about what this client has; all when left out.',
      }),
      reason: Type.Optional(
        lineOf(200, 'Kept, and shown in the audit log: do not name the person.', { examples: ['request 4711'] }),
      ),
    },
    strict,
  ),
  status: 202,
  answer: erasureSchema,
  answered: 'Accepted; `finishedAt` says when it was done.',
  problems: ['not_found'],
  example: { subject: 'ann@example.com', reason: 'request 4711' },
});

export const listErasures = operation({
  id: 'listErasures',
  method: 'get',
  path: '/v1/audit/erasures',
  tag: 'Audit',
  summary: 'List erasures',
  roles: ['admin'],
  query: Type.Object(pageQuery, strict),
  status: 200,
  answer: pageOf(erasureSchema, 'Erasures, newest first.'),
  answered: 'A page of erasures.',
});

export const getErasure = operation({
  id: 'getErasure',
  method: 'get',
  path: '/v1/audit/erasures/{id}',
  tag: 'Audit',
  summary: 'Read an erasure',
  roles: ['admin'],
  params: idParams,
  status: 200,
  answer: erasureSchema,
  answered: 'The erasure.',
  problems: ['not_found'],
});

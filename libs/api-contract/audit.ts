/** Who changed what, when, from where. */
import Type from 'typebox';
import { anyId, exportDescription, linesOf, nullable, pageOf, pageQuery, strict, timestamp } from './fields.ts';
import { operation } from './operation.ts';

export const auditEntrySchema = Type.Object({
  id: Type.Integer(),
  at: timestamp,
  actor: Type.Object({
    kind: Type.Enum(['api_key', 'portal', 'system']),
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
  actorId: Type.Optional({ ...anyId, description: 'The key or session that made them.' }),
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

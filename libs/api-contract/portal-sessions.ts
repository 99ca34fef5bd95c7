/** Portal sessions: short access for people to what belongs to one client; and who calls. */
import Type from 'typebox';
import { portalScopes } from '../domain/portal-session.ts';
import { anyId, clientId, idParams, lineOf, nullable, strict, timestamp } from './fields.ts';
import { operation, roles } from './operation.ts';

const tag = 'API keys';

const scope = Type.Enum([...portalScopes], {
  description: 'view: look at everything of the client, change and send nothing. manage: what a key of the client may.',
});
const name = lineOf(100, 'Who it is for; the audit log names it.', { examples: ['ann@example.com'] });

export const createPortalSession = operation({
  id: 'createPortalSession',
  method: 'post',
  path: '/v1/clients/{id}/portal-sessions',
  tag,
  summary: 'Open a portal session of a client',
  description:
    'A signed token to hand to a person or a browser: it is sent like a key (`Authorization: Bearer`), reaches this client only, and ends by itself.',
  roles: ['admin'],
  params: idParams,
  body: Type.Object(
    {
      scope: Type.Optional({ ...scope, default: 'manage' }),
      name: Type.Optional(name),
      expiresInMinutes: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1440, default: 60, description: 'From now until it ends.' }),
      ),
    },
    strict,
  ),
  isBodyRequired: false,
  status: 201,
  answer: Type.Object({
    id: Type.String({ examples: ['ps_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] }),
    clientId,
    scope,
    name: nullable(name),
    token: Type.String({
      description: 'Shown in this answer only.',
      examples: ['whp_eyJpZCI6InBzXzAxOTljMWQyIn0.mac'],
    }),
    createdAt: timestamp,
    expiresAt: timestamp,
  }),
  answered: 'The session with its token.',
  problems: ['not_found'],
  example: { scope: 'view', name: 'ann@example.com', expiresInMinutes: 30 },
});

export const endPortalSessions = operation({
  id: 'endPortalSessions',
  method: 'delete',
  path: '/v1/clients/{id}/portal-sessions',
  tag,
  summary: 'End all portal sessions of a client',
  description: 'The next request with any of them is refused. Sessions opened later are not touched.',
  roles: ['admin'],
  params: idParams,
  status: 204,
  answered: 'They are over.',
  problems: ['not_found'],
});

export const endPortalSession = operation({
  id: 'endPortalSession',
  method: 'delete',
  path: '/v1/clients/{id}/portal-sessions/{sessionId}',
  tag,
  summary: 'End a portal session of a client',
  description:
    'The next request with it is refused. Those that were opened are in the audit log, as objects of kind `portal_session`.',
  roles: ['admin'],
  params: Type.Object({ id: anyId, sessionId: anyId }),
  status: 204,
  answered: 'It is over.',
  problems: ['not_found'],
});

export const getCaller = operation({
  id: 'getCaller',
  method: 'get',
  path: '/v1/me',
  tag,
  summary: 'Read who calls',
  description: 'What the key or the portal session of this very request is, and may.',
  roles: [...roles],
  status: 200,
  answer: Type.Object({
    kind: Type.Enum(['api_key', 'portal']),
    id: { ...anyId, examples: ['key_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] },
    name: nullable(Type.String()),
    role: Type.Enum([...roles]),
    clientId: nullable(clientId),
    scope,
    expiresAt: nullable(timestamp),
  }),
  answered: 'The caller.',
});

/** Portal sessions: short access for people to what belongs to one client; and who calls. */
import Type from 'typebox';
import { portalScopes } from '../domain/access/capabilities.ts';
import { anyId, capabilityList, clientId, idParams, lineOf, nullable, strict, timestamp } from './fields.ts';
import { keyRoles, operation, roles } from './operation.ts';

const tag = 'API keys';

const scopeDescription =
  'view: read everything of the client, change and send nothing. manage: everything that a key of the client may do. Each names a set of capabilities.';
const scope = Type.Enum([...portalScopes], { description: scopeDescription });
const name = lineOf(100, 'Who it is for; the audit log names it.', { examples: ['ann@example.com'] });

/** What is wanted of a new session. */
function wanted(minutes: { readonly expiresMax: number; readonly renewableMax: number }) {
  return {
    scope: Type.Optional(
      Type.Enum([...portalScopes], {
        description: `${scopeDescription} Left out: of its capabilities, or else \`manage\`.`,
      }),
    ),
    capabilities: Type.Optional(capabilityList),
    name: Type.Optional(name),
    expiresInMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: minutes.expiresMax,
        default: 60,
        description: 'From now, or from its last renewal, until it ends.',
      }),
    ),
    renewableForMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: minutes.renewableMax,
        description:
          'From now until it ends however often it is renewed (`POST /v1/me/renewal`). Left out: it is not renewed.',
      }),
    ),
  };
}

const sessionSchema = Type.Object({
  id: Type.String({ examples: ['ps_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] }),
  clientId,
  scope,
  capabilities: capabilityList,
  name: nullable(name),
  token: Type.String({
    description: 'Shown in this answer only.',
    examples: ['whp_eyJpZCI6InBzXzAxOTljMWQyIn0.mac'],
  }),
  createdAt: timestamp,
  expiresAt: timestamp,
  renewableUntil: nullable(timestamp),
});

export const createPortalSession = operation({
  id: 'createPortalSession',
  method: 'post',
  path: '/v1/clients/{id}/portal-sessions',
  tag,
  summary: 'Open a portal session of a client',
  description:
    'A signed token to hand to a person or a browser: it is sent like a key (`Authorization: Bearer`), reaches this client only, and ends by itself.',
  roles: ['admin'],
  needs: 'settings.write',
  params: idParams,
  body: Type.Object(wanted({ expiresMax: 1440, renewableMax: 10_080 }), strict),
  isBodyRequired: false,
  status: 201,
  answer: sessionSchema,
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
  needs: 'settings.write',
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
  needs: 'settings.write',
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
  description: 'What the key, the portal session or the operator’s token of this very request is, and may.',
  roles: [...roles],
  status: 200,
  answer: Type.Object({
    kind: Type.Enum(['api_key', 'portal', 'oidc'], {
      description: 'oidc: an operator with a token of OpenID Connect.',
    }),
    id: { ...anyId, examples: ['key_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] },
    name: nullable(Type.String()),
    role: Type.Enum([...keyRoles]),
    clientId: nullable(clientId),
    scope,
    capabilities: capabilityList,
    expiresAt: nullable(timestamp),
    renewableUntil: nullable(timestamp),
  }),
  answered: 'The caller.',
});

export const renewSession = operation({
  id: 'renewSession',
  method: 'post',
  path: '/v1/me/renewal',
  tag,
  summary: 'Renew the portal session that calls',
  description:
    'A new token of the same session, which lasts as long again as it did at first, until `renewableUntil` at most. The token before it is good until its own end.',
  roles: ['admin', 'client'],
  needs: null,
  status: 200,
  answer: sessionSchema,
  answered: 'The session with its new token.',
  example: {},
});

export const endOwnSession = operation({
  id: 'endOwnSession',
  method: 'delete',
  path: '/v1/me',
  tag,
  summary: 'End the portal session that calls',
  description: 'All its tokens are refused from the next request on. A key is not a session: it is revoked by its id.',
  roles: ['admin', 'client'],
  needs: null,
  status: 204,
  answered: 'It is over.',
});

export const createOwnSession = operation({
  id: 'createOwnSession',
  method: 'post',
  path: '/v1/me/sessions',
  tag,
  summary: 'Open a portal session with a key of its client',
  description:
    'A session of the client of the key that calls, which can do no more than that key and ends with it at the latest. A session cannot open another one.',
  roles: ['admin', 'client'],
  needs: null,
  body: Type.Object(wanted({ expiresMax: 720, renewableMax: 720 }), strict),
  isBodyRequired: false,
  status: 201,
  answer: sessionSchema,
  answered: 'The session with its token.',
  example: { scope: 'view', name: 'ann@example.com', expiresInMinutes: 30 },
});

/** The secrets of a webhook: a new one, which there are, and the end of one. */
import Type from 'typebox';
import { anyId, idParams, nullable, strict, timestamp } from './fields.ts';
import { operation, type Role } from './operation.ts';
import * as field from './webhook-fields.ts';

const owners: readonly Role[] = ['admin', 'client'];
const tag = 'Webhooks';

export const rotateSecret = operation({
  id: 'rotateSecret',
  method: 'post',
  path: '/v1/webhooks/{id}/secret/rotate',
  tag,
  summary: 'Rotate the secret of a webhook',
  description:
    'The new secret signs at once; older ones sign too until the overlap ends. `overlapHours` 0 ends them at once. At most ten are live.',
  roles: owners,
  needs: 'secrets.rotate',
  isConditional: true,
  params: idParams,
  body: Type.Object(
    {
      overlapHours: Type.Optional(Type.Number({ minimum: 0, maximum: 168, default: 24 })),
      secret: Type.Optional(field.suppliedSecret),
    },
    strict,
  ),
  isBodyRequired: false,
  status: 200,
  answer: Type.Object({
    secret: Type.String({ description: field.secretDescription }),
    previousSecretExpiresAt: timestamp,
  }),
  answered: 'The new secret.',
  problems: ['not_found', 'too_many_secrets'],
  example: { overlapHours: 24 },
});

export const listSecrets = operation({
  id: 'listSecrets',
  method: 'get',
  path: '/v1/webhooks/{id}/secrets',
  tag,
  summary: 'List the secrets of a webhook',
  description: 'Those that sign, newest first, without their values.',
  roles: owners,
  params: idParams,
  status: 200,
  answer: Type.Object({
    data: Type.Array(
      Type.Object({
        id: Type.String({ examples: ['sec_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d'] }),
        createdAt: timestamp,
        expiresAt: nullable({ ...timestamp, description: 'Until when it signs too; null: the newest one.' }),
      }),
    ),
  }),
  answered: 'The secrets.',
  problems: ['not_found'],
});

export const endSecret = operation({
  id: 'endSecret',
  method: 'delete',
  path: '/v1/webhooks/{id}/secrets/{secretId}',
  tag,
  summary: 'End an older secret of a webhook',
  description: 'It no longer signs. The newest one is ended by a rotation only.',
  roles: owners,
  needs: 'secrets.rotate',
  isConditional: true,
  params: Type.Object({ id: anyId, secretId: anyId }),
  status: 204,
  answered: 'It no longer signs.',
  problems: ['not_found', 'newest_secret'],
});

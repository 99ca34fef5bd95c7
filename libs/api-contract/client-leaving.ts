/** A client that leaves: nothing of it stays but that it left. */
import Type from 'typebox';
import { clientId, idParams, keptOnKafka, mapOf, nullable, timestamp } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'Clients';

export const leavingSchema = Type.Object(
  {
    clientId,
    startedAt: timestamp,
    startedBy: Type.String({ description: 'Kind and id of the key.', examples: ['api_key ADMIN_API_KEY'] }),
    step: Type.String({
      description: 'What is erased now; the last one when it is finished.',
      examples: ['deliveries'],
    }),
    stepsLeft: Type.Integer({ description: 'Steps that are to come, this one included; 0 when it is finished.' }),
    erased: mapOf(Type.Integer(), {
      description: 'Rows up to now, by step.',
      examples: [{ webhooks: 12, deliveries: 48_201 }],
    }),
    finishedAt: nullable({
      ...timestamp,
      description: 'When nothing of it was left in the database; null: it is under way.',
    }),
    keptOnKafka,
  },
  { description: 'How far it is that a client leaves.' },
);

export const deleteClient = operation({
  id: 'deleteClient',
  method: 'delete',
  path: '/v1/clients/{id}',
  tag,
  summary: 'Let a client leave',
  description:
    'For good. At once its keys and portal sessions are refused, its replays are cancelled, nothing new is made for it, and up to 200 of its webhooks are deleted; further ones follow. Then what it had is erased in portions: webhooks with their secrets, health, deliveries, attempts, events of its own, counts, replays, rejected events that name it, keys, and the client itself. Of a broadcast its deliveries go, and the event stays. The audit log keeps that there were changes, by which key and when, without what was changed. What waits for a deleted webhook ends as `deleted`. Records that come later are not written to the history. The answer says until when Kafka has what it had; the id is free after that. Asked for twice it is one.',
  roles: ['admin'],
  needs: 'settings.write',
  params: idParams,
  status: 202,
  answer: leavingSchema,
  answered: 'It leaves; `GET /v1/clients/{id}/leaving` says how far that is.',
  problems: ['not_found'],
});

export const getLeaving = operation({
  id: 'getLeaving',
  method: 'get',
  path: '/v1/clients/{id}/leaving',
  tag,
  summary: 'Read how far it is that a client leaves',
  description: 'For as long as Kafka has something of it.',
  roles: ['admin'],
  params: idParams,
  status: 200,
  answer: leavingSchema,
  answered: 'How far it is.',
  problems: ['not_found'],
});

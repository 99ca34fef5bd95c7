/** Events whose data is erased from the history. */
import Type from 'typebox';
import { anyId, keptOnKafka, lineOf, nullable, strict, timestamp } from './fields.ts';
import { operation } from './operation.ts';

export const erasedEventSchema = Type.Object(
  {
    requestedAt: timestamp,
    requestedBy: Type.String({ description: 'Kind and id of the key or session.', examples: ['api_key key_0199c1d2'] }),
    finishedAt: nullable({
      ...timestamp,
      description: 'When nothing was left of its deliveries’ attempts either; null: it is under way.',
    }),
    attempts: Type.Integer({ description: 'Of its deliveries, whose headers and answers were erased.' }),
    keptOnKafka,
  },
  { description: 'That its data was erased, when and by whom. Ids, times, decisions and outcomes stay.' },
);

export const eraseEvent = operation({
  id: 'eraseEvent',
  method: 'delete',
  path: '/v1/events/{id}',
  tag: 'Events',
  summary: 'Erase the data of an event',
  description:
    'Data and subject of the event, the payloads of its deliveries, and what was sent and answered in their attempts are erased from the history, copies that come later included. That there was an event, the decisions on it and how its deliveries went stays; it cannot be sent again. What is under way to endpoints goes on. The answer says until when Kafka has it. Asked for twice it is one erasure. A client erases its own events; a broadcast is erased by operators.',
  roles: ['admin', 'client'],
  needs: 'settings.write',
  params: Type.Object({ id: anyId }),
  query: Type.Object(
    {
      clientId: Type.Optional(anyId),
      source: Type.Optional(lineOf(2048, 'Of several events with this id, the one from exactly there.')),
    },
    strict,
  ),
  status: 202,
  answer: erasedEventSchema,
  answered: 'Its data is erased; `finishedAt` of the event says when its attempts were.',
  problems: ['not_found', 'several_events'],
});

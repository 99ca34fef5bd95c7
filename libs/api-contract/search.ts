/** Whatever has an id, wherever it comes from. */
import Type from 'typebox';
import { lineOf, nullable, strict, timestamp } from './fields.ts';
import { operation } from './operation.ts';

export const searchHitSchema = Type.Object(
  {
    kind: Type.Enum(['event', 'delivery', 'webhook', 'replay']),
    id: Type.String({ description: 'As the operations on this kind take it.', examples: ['evt-1'] }),
    by: Type.Enum(['id', 'trace'], { description: 'What is the text that was looked for.' }),
    clientId: nullable(Type.String({ description: 'Null for a broadcast.' })),
    source: nullable(Type.String({ description: 'Of an event.' })),
    type: nullable(Type.String({ description: 'Of an event, or of the event of a delivery.' })),
    eventId: nullable(Type.String({ description: 'Of a delivery.' })),
    webhookId: nullable(Type.String({ description: 'Of a delivery, or of the filter of a replay.' })),
    time: { ...timestamp, description: 'Of the event; otherwise when it was made.' },
  },
  { description: 'Something that has the id.' },
);

/** Of one kind. */
export const hitsMax = 10;

export const search = operation({
  id: 'search',
  method: 'get',
  path: '/v1/search',
  tag: 'Search',
  summary: 'Find an object by its id',
  description:
    'Events by the id of their producer or by their W3C trace, deliveries by their id (the `webhook-id` on the wire), webhooks, replays. The newest ten of each kind. A trace is found by its id or by a whole `traceparent`.',
  roles: ['admin', 'client'],
  query: Type.Object(
    { q: lineOf(256, 'The id, whole: no part of it is looked for.', { examples: ['evt-1'] }) },
    strict,
  ),
  status: 200,
  answer: Type.Object({ data: Type.Array(searchHitSchema) }),
  answered: 'What has it; nothing is no problem.',
});

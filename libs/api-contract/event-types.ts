/** The catalogue of event types. */
import Type from 'typebox';
import {
  clientId,
  eventTypeName,
  lineOf,
  nullable,
  pageOf,
  pageQuery,
  retentionDays,
  strict,
  textOf,
  timestamp,
} from './fields.ts';
import { fieldWarnings } from './event-type-warnings.ts';
import { operation } from './operation.ts';

const tag = 'Event types';

const description = nullable(textOf(2000, 'For people.'));
export const audience = Type.Enum(['client', 'broadcast'], {
  description: 'client: an event needs a clientId. broadcast: an event without one goes to every client.',
});
const jsonSchema = nullable(
  Type.Unsafe<object | boolean>({
    type: ['object', 'boolean'],
    description:
      'JSON Schema (2020-12) of `data`. Patterns are judged in linear time: look-around, back references and inline flags are refused. At most 256 KiB and 3,000 keywords, names and members of lists, those of an `enum` not counted.',
  }),
);
export const schemaMode = Type.Enum(['off', 'warn', 'enforce'], {
  description:
    'off: the schema is for people. warn: events whose data does not fit are counted and delivered. enforce: they are set aside.',
});
const sensitivePaths = Type.Array(lineOf(300, 'Such as card.number; `*` stands for any name.'), {
  maxItems: 100,
  description: 'Paths inside `data` that are masked before anything leaves.',
});

export const visibleTo = nullable(
  Type.Array(clientId, {
    maxItems: 1000,
    uniqueItems: true,
    description:
      'Clients whose catalogue has it; null: everybody’s. For the others it is a type that is not catalogued: they do not see it anywhere, and a broadcast of it does not reach them, whatever they subscribed to. An event that names a client is that client’s, and delivered as one of an unknown type.',
  }),
);

export const eventTypeSchema = Type.Object(
  {
    type: eventTypeName,
    description,
    audience,
    jsonSchema,
    schemaMode,
    example: Type.Unknown({ description: 'An example of `data`; null when there is none.' }),
    sensitivePaths,
    deprecated: Type.Boolean({
      description: 'Deprecated: nobody should publish or subscribe to it any more. Its events are still delivered.',
    }),
    retentionDays,
    visibleTo: Type.Optional({
      ...visibleTo,
      description: 'Clients whose catalogue has it; null: everybody’s. Left out of what a client is answered.',
    }),
    version: Type.Integer({ description: 'Counts changes from 1.' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  },
  { description: 'An entry of the catalogue.' },
);

export const putEventTypeSchema = Type.Object(
  { ...eventTypeSchema.properties, warnings: Type.Optional(fieldWarnings) },
  { description: 'An entry of the catalogue after a change, and what that means to webhooks.' },
);

const typeParams = Type.Object({ type: eventTypeName });

const forced = Type.Object(
  {
    force: Type.Optional(Type.Boolean({ default: false, description: 'Take an incompatible schema all the same.' })),
  },
  strict,
);

const entryFields = {
  description: Type.Optional(description),
  audience: Type.Optional(audience),
  jsonSchema: Type.Optional(jsonSchema),
  schemaMode: Type.Optional(schemaMode),
  example: Type.Optional(Type.Unknown({ description: 'An example of `data`.' })),
  sensitivePaths: Type.Optional(sensitivePaths),
  deprecated: Type.Optional(Type.Boolean()),
  retentionDays: Type.Optional(retentionDays),
  visibleTo: Type.Optional(visibleTo),
};

export const putEventType = operation({
  id: 'putEventType',
  method: 'put',
  path: '/v1/event-types/{type}',
  tag,
  summary: 'Put an event type into the catalogue',
  description:
    'Replaces the whole entry: omitted fields take their defaults, but `visibleTo`, which stays as it is until it is given. A `/` in the type may stand as it is, where a proxy does not pass `%2F` on. A schema that would break publishers or receivers is refused: fields stay, of the same type and as required as they were, and no bound gets narrower.',
  roles: ['admin'],
  needs: 'settings.write',
  params: typeParams,
  query: forced,
  body: Type.Object(
    {
      ...entryFields,
      audience: Type.Optional({ ...audience, default: 'client' }),
      schemaMode: Type.Optional({ ...schemaMode, default: 'off' }),
      deprecated: Type.Optional(Type.Boolean({ default: false })),
    },
    strict,
  ),
  isBodyRequired: false,
  status: 200,
  answer: putEventTypeSchema,
  answered: 'The entry as it is now.',
  problems: ['payload_too_large', 'incompatible_schema'],
  example: {
    description: 'An order was placed',
    audience: 'client',
    jsonSchema: { type: 'object', required: ['orderId'], properties: { orderId: { type: 'string' } } },
    schemaMode: 'warn',
    example: { orderId: 'o-1', amount: 120 },
  },
});

export const updateEventType = operation({
  id: 'updateEventType',
  method: 'patch',
  path: '/v1/event-types/{type}',
  tag,
  summary: 'Change an event type',
  description:
    'Absent fields stay; `jsonSchema` and `example` are replaced as a whole, and null removes them. A schema that would break publishers or receivers is refused, as when it is put.',
  roles: ['admin'],
  needs: 'settings.write',
  params: typeParams,
  query: forced,
  body: Type.Object(entryFields, strict),
  status: 200,
  answer: putEventTypeSchema,
  answered: 'The entry as it is now.',
  problems: ['not_found', 'payload_too_large', 'incompatible_schema'],
  example: { deprecated: true },
});

export const listEventTypes = operation({
  id: 'listEventTypes',
  method: 'get',
  path: '/v1/event-types',
  tag,
  summary: 'List the catalogue',
  roles: ['admin', 'client', 'publisher'],
  query: Type.Object(
    {
      ...pageQuery,
      deprecated: Type.Optional(Type.Boolean({ description: 'Only those that are, or that are not.' })),
    },
    strict,
  ),
  status: 200,
  answer: pageOf(eventTypeSchema, 'Event types, in the order of their names.'),
  answered: 'A page of event types.',
});

export const getEventType = operation({
  id: 'getEventType',
  method: 'get',
  path: '/v1/event-types/{type}',
  tag,
  summary: 'Read an event type',
  roles: ['admin', 'client', 'publisher'],
  params: typeParams,
  status: 200,
  answer: eventTypeSchema,
  answered: 'The entry.',
  problems: ['not_found'],
});

export const deleteEventType = operation({
  id: 'deleteEventType',
  method: 'delete',
  path: '/v1/event-types/{type}',
  tag,
  summary: 'Remove an event type from the catalogue',
  description: 'Its events are then of an unknown type (UNKNOWN_EVENT_TYPES).',
  roles: ['admin'],
  needs: 'settings.write',
  params: typeParams,
  status: 204,
  answered: 'It is removed.',
  problems: ['not_found'],
});

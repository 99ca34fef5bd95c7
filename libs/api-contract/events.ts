/** Events: publish them, and see why each went where it went. */
import Type from 'typebox';
import { decisionKinds } from '../domain/event/webhook-event.ts';
import { erasedEventSchema } from './event-erasure.ts';
import {
  anyId,
  clientId,
  eventTypeName,
  exportDescription,
  lineOf,
  linesOf,
  nullable,
  pageQuery,
  searchedPageOf,
  severalOf,
  strict,
  timestamp,
} from './fields.ts';
import { operation, type Role } from './operation.ts';

const readers: readonly Role[] = ['admin', 'client'];
const tag = 'Events';

export const newEventSchema = Type.Object(
  {
    id: Type.Optional(
      lineOf(
        256,
        'Yours: for 24 hours the same source and id of the same client are the same event, which is published once. Made up when left out.',
      ),
    ),
    type: eventTypeName,
    clientId: Type.Optional({
      ...clientId,
      description: 'Whom it is for. Left out: everyone, if the type is a broadcast.',
    }),
    time: Type.Optional({ ...timestamp, description: 'When it happened; now when left out.' }),
    source: Type.Optional(lineOf(2048, 'Where it comes from, as CloudEvents has it.')),
    subject: Type.Optional(lineOf(2048, 'What it is about, as CloudEvents has it.')),
    data: Type.Optional(Type.Unknown({ description: 'Any JSON.' })),
  },
  { ...strict, description: 'An event to publish.' },
);

export const cloudEventTypes = {
  structured: 'application/cloudevents+json',
  batch: 'application/cloudevents-batch+json',
} as const;

export const cloudEventSchema = Type.Object(
  {
    specversion: Type.String({ description: '1.0, or another 1.x.', examples: ['1.0'] }),
    id: Type.String({ maxLength: 256, description: 'With its source what the event is known by.' }),
    source: Type.Optional(Type.String({ maxLength: 2048 })),
    type: Type.String({ maxLength: 256 }),
    clientid: Type.Optional(
      Type.String({ maxLength: 256, description: 'Whom it is for. Left out: everyone, if the type is a broadcast.' }),
    ),
    time: Type.Optional(
      Type.String({ description: 'RFC 3339. One that cannot be read counts as left out; a warning says so.' }),
    ),
    subject: Type.Optional(Type.String({ maxLength: 2048 })),
    datacontenttype: Type.Optional(Type.String()),
    data: Type.Optional(Type.Unknown({ description: 'Any JSON.' })),
    data_base64: Type.Optional(Type.String({ description: 'In place of data.' })),
  },
  { description: 'A CloudEvent 1.0 in the JSON format, as on Kafka.' },
);

const cloudEventExample = {
  specversion: '1.0',
  id: 'e-2',
  source: '/orders',
  type: 'order.created',
  clientid: 'acme',
  data: { orderId: 'o-2' },
};

const binaryAttributes = [
  ['id', 'Its presence, or that of `ce-type`, `ce-source` or `ce-specversion`, makes the body the data of an event.'],
  ['specversion', '1.0, or another 1.x.'],
  ['type', 'As in the body of `application/cloudevents+json`; values are percent-encoded UTF-8.'],
  ['source', 'Where the event comes from.'],
  ['clientid', 'Whom the event is for.'],
  ['time', 'When it happened.'],
  ['subject', 'What it is about.'],
] as const;

/** What an event is taken with all the same, and its publisher should know of. */
export const publicationWarnings = {
  deprecated_event_type: 'The type is deprecated in the catalogue.',
  schema_mismatch: 'Its data does not fit the JSON Schema of its type, whose schemaMode is `warn`.',
  nobody_takes_it: 'No webhook of its client takes this type, and one takes a type that is nearly the same.',
  time_unread: 'Its `time` cannot be read: the moment of its publication takes its place.',
  unknown_client: 'No client has this id: no webhook gets the event.',
} as const;
export type PublicationWarningCode = keyof typeof publicationWarnings;

export const publicationWarningSchema = Type.Object({
  code: Type.Enum(Object.keys(publicationWarnings) as PublicationWarningCode[]),
  message: Type.String({ examples: [publicationWarnings.deprecated_event_type] }),
});

/** In one request. */
export const eventsMax = 500;

export const publishEvents = operation({
  id: 'publishEvents',
  method: 'post',
  path: '/v1/events',
  tag,
  summary: 'Publish events',
  description:
    'One event or a list of up to 500. Answered when Kafka has them; a list is taken as a whole or refused as a whole. What was published within 24 hours under the same source and id for the same client is accepted and not published again, so that a request without an answer can be sent again; with other content it is refused. What fan-out would set aside is refused here: an event for nobody, or data that its type’s schema, when enforced, does not let through. CloudEvents 1.0 are taken as they are on Kafka, and judged by the same rules: one as `application/cloudevents+json`, a list as `application/cloudevents-batch+json`, or in the binary form, attributes in `ce-` headers and the data, of whatever type, as the body.',
  roles: ['admin', 'publisher'],
  needs: null,
  body: Type.Union([newEventSchema, Type.Array(newEventSchema, { minItems: 1, maxItems: eventsMax })]),
  otherBodies: [
    { mediaType: cloudEventTypes.structured, schema: cloudEventSchema, example: cloudEventExample },
    {
      mediaType: cloudEventTypes.batch,
      schema: Type.Array(cloudEventSchema, { minItems: 1, maxItems: eventsMax }),
      example: [cloudEventExample],
    },
  ],
  headers: binaryAttributes.map(([name, description]) => ({
    name: `ce-${name}`,
    description,
    schema: { type: 'string' },
  })),
  status: 202,
  answer: Type.Object({
    accepted: Type.Array(
      Type.Object({
        id: Type.String({ examples: ['evt-1'] }),
        warnings: Type.Optional(
          Type.Array(publicationWarningSchema, {
            description: 'Warnings for the publisher; left out if there are none.',
          }),
        ),
      }),
    ),
  }),
  answered: 'Their ids, in order.',
  problems: ['payload_too_large', 'event_id_reused', 'kafka_unavailable', 'overloaded'],
  example: { id: 'evt-1', type: 'order.created', clientId: 'acme', data: { orderId: 'o-1', amount: 120 } },
});

const eventFields = {
  id: Type.String({ description: 'The CloudEvent’s id.', examples: ['evt-1'] }),
  type: Type.String(),
  clientId: nullable(Type.String({ description: 'Null for a broadcast.' })),
  time: timestamp,
  source: nullable(Type.String()),
  subject: nullable(Type.String()),
  kind: Type.Enum(['event', 'test']),
  receivedAt: timestamp,
  isErased: Type.Boolean({ description: 'Its data was erased on request: `DELETE /v1/events/{id}`.' }),
};

export const eventSchema = Type.Object(eventFields, { description: 'An event as fan-out took it.' });

export const eventDetailSchema = Type.Object({
  ...eventFields,
  data: Type.Unknown({ description: 'Sensitive fields are masked; null when it is erased.' }),
  erasure: nullable(erasedEventSchema),
  isPayloadHidden: Type.Boolean({ description: 'The caller lacks `payloads.read`: data is null.' }),
  decisions: Type.Array(
    Type.Object({
      webhookId: Type.String(),
      decision: Type.Enum([...decisionKinds], {
        description:
          'copy: the webhook has a copy of this event, which came shortly before (COPY_WINDOW_MINUTES); deliveryId is that of its delivery.',
      }),
      deliveryId: nullable(Type.String()),
    }),
    { description: 'One for each webhook that subscribed to the type.' },
  ),
});

/** Of one list: data of so many events, and of so many bytes together. */
export const listedDataMax = { events: 50, bytes: 1_048_576 } as const;

export const listedEventSchema = Type.Object(
  {
    ...eventFields,
    decisions: Type.Optional(
      Type.Object(
        {
          matched: Type.Integer(),
          filtered: Type.Integer(),
          disabled: Type.Integer(),
          held: Type.Integer(),
          copy: Type.Integer(),
        },
        {
          description:
            'How many webhooks got it, did not want it, were disabled, hold it while they are rewound, or have a copy of it; with `include=decisions`.',
        },
      ),
    ),
    data: Type.Optional(
      Type.Unknown({
        description:
          'Sensitive fields are masked. With `include=data`, for the first 50 events of the page and 1 MiB together; left out behind that.',
      }),
    ),
    isPayloadHidden: Type.Optional(
      Type.Boolean({ description: 'With `include=data`: whoever asks lacks `payloads.read`, data is null.' }),
    ),
  },
  { description: 'An event as fan-out took it, with what was asked for beside.' },
);

const eventFilters = {
  type: Type.Optional(anyId),
  source: Type.Optional(lineOf(2048, 'Only from this source.')),
  subject: Type.Optional(lineOf(2048, 'Only about this subject.')),
  decision: Type.Optional(
    severalOf(
      Type.Enum([...decisionKinds]),
      decisionKinds.length,
      'Events with this decision for a webhook; given several times, with any of them.',
    ),
  ),
  clientId: Type.Optional(anyId),
  from: Type.Optional({ ...timestamp, description: 'Events of this time or later.' }),
  to: Type.Optional({ ...timestamp, description: 'Events before this time.' }),
};

export const listEvents = operation({
  id: 'listEvents',
  method: 'get',
  path: '/v1/events',
  tag,
  summary: 'List events',
  description: 'A client’s key sees its own events and broadcasts.',
  roles: readers,
  query: Type.Object(
    {
      ...pageQuery,
      ...eventFilters,
      include: Type.Optional(
        severalOf(
          Type.Enum(['decisions', 'data']),
          2,
          'What to add to each: `decisions`, how many there are of which kind; `data`, for at most 50 events and 1 MiB together.',
        ),
      ),
    },
    strict,
  ),
  status: 200,
  answer: searchedPageOf(listedEventSchema, 'Events, newest first.'),
  answered: 'A page of events.',
});

export const exportEvents = operation({
  id: 'exportEvents',
  method: 'get',
  path: '/v1/exports/events',
  tag,
  summary: 'Export events as NDJSON',
  description: exportDescription,
  roles: readers,
  query: Type.Object(eventFilters, strict),
  status: 200,
  mediaType: 'application/x-ndjson',
  answer: linesOf(eventSchema, '{"id":"evt-1","type":"order.created","clientId":"acme"}'),
  answered: 'Newest first.',
  problems: ['too_many_open'],
});

export const getEvent = operation({
  id: 'getEvent',
  method: 'get',
  path: '/v1/events/{id}',
  tag,
  summary: 'Read an event with the decisions on it',
  description:
    'An id is unique within its source and its client only: of several events with this id the newest is shown. `GET /v1/events` lists all of them with their sources.',
  roles: readers,
  params: Type.Object({ id: anyId }),
  query: Type.Object({ clientId: Type.Optional(anyId) }, strict),
  status: 200,
  answer: eventDetailSchema,
  answered: 'The event: why it went where it went, and why not.',
  problems: ['not_found'],
});

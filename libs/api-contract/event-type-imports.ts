/** Event types out of documents that exist already. */
import Type from 'typebox';
import { fieldWarnings } from './event-type-warnings.ts';
import { audience, schemaMode, visibleTo } from './event-types.ts';
import { eventTypeName, lineOf, strict } from './fields.ts';
import { operation } from './operation.ts';
import { fieldProblemSchema } from './problem.ts';

const change = Type.Enum(['created', 'updated', 'unchanged', 'refused'], {
  description: 'What became of it, or would; refused: `problems` say why.',
});

export const importedTypeSchema = Type.Object({
  type: eventTypeName,
  place: Type.String({
    description: 'Where it stands: a JSON Pointer into the document, or the subject.',
    examples: ['/webhooks/order.shipped'],
  }),
  change,
  fields: Type.Array(Type.String(), {
    description: 'What changes of an entry that is there.',
    examples: [['description']],
  }),
  problems: Type.Array(fieldProblemSchema, { description: 'Why it is refused.', examples: [[]] }),
  warnings: fieldWarnings,
});

export const unreadableSchema = Type.Object({
  place: Type.String({
    description: 'A JSON Pointer into the document, or the subject.',
    examples: ['/webhooks/order.lost'],
  }),
  reason: Type.String({
    description: 'For people.',
    examples: ['it refers to #/components/schemas/Order, which is not there'],
  }),
});

export const importEventTypes = operation({
  id: 'importEventTypes',
  method: 'post',
  path: '/v1/event-type-imports',
  tag: 'Event types',
  summary: 'Import event types',
  description:
    'From a document, or from a subject of the schema registry. Of OpenAPI 3.1 the `webhooks` are read, of AsyncAPI 3 the messages; schemas may be JSON Schema, Avro or Protobuf. What the source says of a type that is there replaces its description, schema, example and deprecation; all else of it stays, and what the source does not say stays too. A second import of the same changes nothing. References inside the document are followed, none outside of it. At most 500 types, 1 MiB of JSON or 256 KiB of YAML, 100 levels, 200,000 values with what aliases bring, and 2 MiB of schemas and examples, each counted as often as a type refers to it.',
  roles: ['admin'],
  needs: 'settings.write',
  body: Type.Object(
    {
      document: Type.Optional(
        Type.Unsafe<object | string>({
          type: ['object', 'string'],
          description: 'OpenAPI 3.1 or AsyncAPI 3: as JSON, or its text, JSON or YAML.',
        }),
      ),
      subject: Type.Optional(
        lineOf(500, 'Of the schema registry, in place of a document.', { examples: ['orders-value'] }),
      ),
      version: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Of the subject. Default: the newest.' }),
      ),
      message: Type.Optional(lineOf(300, 'Of a subject in Protobuf: the message. Default: the first.')),
      type: Type.Optional({
        ...eventTypeName,
        description: 'Name of the type of a subject. Default: the subject without `-value`.',
      }),
      dryRun: Type.Optional(
        Type.Boolean({ default: false, description: 'Say what would happen, and change nothing.' }),
      ),
      force: Type.Optional(Type.Boolean({ default: false, description: 'Take incompatible schemas all the same.' })),
      audience: Type.Optional({ ...audience, default: 'client', description: 'Of the types that are new.' }),
      schemaMode: Type.Optional({ ...schemaMode, default: 'off', description: 'Of the types that are new.' }),
      visibleTo: Type.Optional({ ...visibleTo, description: 'Of the types that are new. Default: everybody.' }),
    },
    strict,
  ),
  status: 200,
  answer: Type.Object({
    isDryRun: Type.Boolean(),
    format: Type.Enum(['openapi', 'asyncapi', 'avro', 'protobuf', 'json-schema']),
    counts: Type.Object({
      created: Type.Integer(),
      updated: Type.Integer(),
      unchanged: Type.Integer(),
      refused: Type.Integer(),
      unreadable: Type.Integer(),
    }),
    data: Type.Array(importedTypeSchema, { description: 'Each type of the source, in its order.' }),
    unreadable: Type.Array(unreadableSchema, { description: 'What of the source is no event type, and why.' }),
  }),
  answered: 'What became of each type.',
  problems: ['payload_too_large'],
  example: {
    dryRun: true,
    document: {
      openapi: '3.1.0',
      info: { title: 'Shop', version: '1' },
      webhooks: {
        'order.shipped': {
          post: {
            summary: 'An order left the warehouse',
            requestBody: {
              content: {
                'application/json': { schema: { type: 'object', properties: { orderId: { type: 'string' } } } },
              },
            },
          },
        },
      },
    },
  },
});

/** The catalogue in the forms of other tools. */
import Type from 'typebox';
import { operation } from './operation.ts';

const tag = 'Event types';
/** What stands in it is the standard's. */
const open = Type.Object({}, { additionalProperties: true });
const bounds = 'At most 500 types with 4 MiB of schemas; `x-has-more` says that there are more.';

export const getOpenApi = operation({
  id: 'getOpenApi',
  method: 'get',
  path: '/v1/openapi.json',
  tag,
  summary: 'Read the OpenAPI document with your event types',
  description: `As /openapi.json, which is public and has none, with the event types that you may see as \`webhooks\`. ${bounds}`,
  roles: ['admin', 'client', 'publisher'],
  status: 200,
  answer: Type.Object(
    { openapi: Type.String({ examples: ['3.1.0'] }), webhooks: open },
    { description: 'An OpenAPI 3.1 document.', additionalProperties: true },
  ),
  answered: 'The document.',
});

export const getAsyncApi = operation({
  id: 'getAsyncApi',
  method: 'get',
  path: '/v1/asyncapi.json',
  tag,
  summary: 'Read the catalogue as an AsyncAPI document',
  description: `AsyncAPI 3: a message for each event type that you may see. /asyncapi.json is public and has none. ${bounds}`,
  roles: ['admin', 'client', 'publisher'],
  status: 200,
  answer: Type.Object(
    { asyncapi: Type.String({ examples: ['3.0.0'] }), channels: open },
    { description: 'An AsyncAPI 3 document.', additionalProperties: true },
  ),
  answered: 'The document.',
});

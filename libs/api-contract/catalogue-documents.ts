/**
 * The catalogue as others read catalogues. In: event types. Out: `webhooks` of the OpenAPI 3.1 document, and an AsyncAPI 3 document: what an
 * endpoint gets of each type in the format `json`. Pure.
 * Sources: OpenAPI 3.1.0, "Fixed Fields" (webhooks); AsyncAPI 3.0.0, "Message Object", "Multi Format Schema Object".
 */
import { dataMemberExtension } from '../domain/event/data-member.ts';
import { rebasedSchema } from '../domain/event/rebased-schema.ts';
import { openApiDocument } from './openapi.ts';

export interface PublishedType {
  readonly type: string;
  readonly description: string | null;
  /** JSON values, not texts; null: there is none. */
  readonly jsonSchema: unknown;
  readonly example: unknown;
  readonly deprecated: boolean;
}

export interface PublishedCatalogue {
  readonly types: readonly PublishedType[];
  /** There are more than a document has room for. */
  readonly hasMore: boolean;
}

const draft2020 = 'application/schema+json;version=draft-2020-12';

/** The document of the API, with the event types as `webhooks`. @param version of the product */
export function openApiWithWebhooks(version: string, { types, hasMore }: PublishedCatalogue): object {
  const document = openApiDocument(version) as { readonly components: { readonly schemas: object } };
  const names = componentNames(types);
  const schemas: Record<string, unknown> = {};
  const webhooks: [string, object][] = types.map((type) => {
    const name = names.get(type.type) ?? '';
    const place = `#/components/schemas/${name}`;
    if (type.jsonSchema !== null) schemas[name] = rebasedSchema(type.jsonSchema, place);
    const reference = type.jsonSchema === null ? null : place;
    return [type.type, { post: webhookOperation(type, envelopeOf(type, reference)) }];
  });
  return {
    ...document,
    ...(hasMore ? { 'x-has-more': true } : {}),
    webhooks: Object.fromEntries(webhooks),
    components: { ...document.components, schemas: { ...document.components.schemas, ...schemas } },
  };
}

function webhookOperation({ type, description, deprecated }: PublishedType, schema: object): object {
  return {
    ...(description === null ? {} : { summary: type, description }),
    ...(deprecated ? { deprecated } : {}),
    [dataMemberExtension]: 'data',
    // It is signed; no key of the API goes with it.
    security: [],
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: { '2XX': { description: 'It is delivered. Other answers are tried again, or are final.' } },
  };
}

/** @param version of the product */
export function asyncApiDocument(version: string, { types, hasMore }: PublishedCatalogue): object {
  const names = componentNames(types);
  const schemas: Record<string, unknown> = {};
  const messages: Record<string, object> = {};
  for (const type of types) {
    const name = names.get(type.type) ?? '';
    const place = `#/components/schemas/${name}/schema`;
    if (type.jsonSchema !== null) {
      schemas[name] = { schemaFormat: draft2020, schema: rebasedSchema(type.jsonSchema, place) };
    }
    messages[name] = messageOf(type, envelopeOf(type, type.jsonSchema === null ? null : place));
  }
  const references = Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'DeeperHub Webhooks',
      version,
      description: asyncDescription,
      license: { name: 'Apache-2.0' },
    },
    ...(hasMore ? { 'x-has-more': true } : {}),
    defaultContentType: 'application/json',
    channels: {
      webhooks: {
        address: null,
        description: 'The endpoint of each webhook: an HTTP POST, signed by Standard Webhooks.',
        messages: Object.fromEntries(references) as object,
      },
    },
    operations: {
      deliver: {
        action: 'send',
        channel: { $ref: '#/channels/webhooks' },
        summary: 'Posts an event to the endpoints of the webhooks that want it.',
      },
    },
    components: { messages, schemas },
  };
}

const asyncDescription =
  'Events as webhooks get them in the format `json`. `/asyncapi.json` has none: the catalogue is not public. `/v1/asyncapi.json` has those that ' +
  'your key may see.';

function messageOf({ type, description, deprecated }: PublishedType, envelope: object): object {
  return {
    name: type,
    ...(description === null ? {} : { title: type, description }),
    contentType: 'application/json',
    [dataMemberExtension]: 'data',
    payload: { schemaFormat: draft2020, schema: { ...envelope, ...(deprecated ? { deprecated } : {}) } },
  };
}

/** What is posted. @param reference to the schema of its data; null: it has none */
function envelopeOf({ type, example }: PublishedType, reference: string | null): object {
  const data = {
    ...(reference === null ? {} : { $ref: reference }),
    ...(example === null ? {} : { examples: [example] }),
  };
  const id = { type: 'string' };
  return {
    type: 'object',
    required: ['id', 'type', 'timestamp', 'data', 'metadata'],
    properties: {
      id: { ...id, description: 'Of the event.' },
      type: { const: type },
      timestamp: { type: 'string', format: 'date-time' },
      data,
      metadata: {
        type: 'object',
        required: ['webhookId', 'deliveryId', 'clientId'],
        properties: { webhookId: id, deliveryId: id, clientId: id },
      },
    },
  };
}

/** A name for each type, of the characters that a component may have (OpenAPI 3.1.0, "Components Object"). */
function componentNames(types: readonly PublishedType[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    types.map(({ type }) => {
      const plain = `event.${type.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`;
      let name = plain;
      for (let count = 2; taken.has(name); count += 1) name = `${plain}_${count}`;
      taken.add(name);
      return [type, name];
    }),
  );
}

/**
 * In: a document that describes events, or a subject of a registry. Out: event types, and what cannot be read with its place and the reason.
 * Holds: documents are hostile: what is read of them is bounded, nothing is fetched, and one part that cannot be used takes no other with it.
 */
import type { ForeignSchema } from '../foreign-schema.ts';
import { asyncApiMessages } from './asyncapi-messages.ts';
import { avroSchema } from './avro-schema.ts';
import { bundledSchema } from './bundled-schema.ts';
import { documentIn, requireBounded } from './document-text.ts';
import { partOf, UnreadableDocument, type CatalogueReading, type FoundType, type Unreadable } from './found-type.ts';
import { LocalReferences, membersOf } from './local-references.ts';
import { openApiWebhooks } from './openapi-webhooks.ts';
import { protobufSchema } from './protobuf-message.ts';

/** @param document its text, JSON or YAML, or its value. @throws UnreadableDocument */
export function readDocument(document: unknown): CatalogueReading {
  if (typeof document !== 'string') requireBounded(document);
  const value = typeof document === 'string' ? documentIn(document) : document;
  const members = membersOf(value);
  const unreadable: Unreadable[] = [];
  if (members !== null && 'asyncapi' in members) {
    return { format: 'asyncapi', types: asyncApiMessages(members, unreadable), unreadable };
  }
  if (members !== null && 'openapi' in members) {
    return { format: 'openapi', types: openApiWebhooks(members, unreadable), unreadable };
  }
  throw new UnreadableDocument('it is neither OpenAPI (openapi: 3.1.0) nor AsyncAPI (asyncapi: 3.0.0)');
}

export interface SubjectReading {
  readonly subject: string;
  readonly type: string;
  /** Of Protobuf: the message; null: the first. */
  readonly message: string | null;
}

/** One event type. */
export function readRegistrySchema(
  schema: ForeignSchema,
  { subject, type, message }: SubjectReading,
): CatalogueReading {
  const unreadable: Unreadable[] = [];
  const found = partOf(subject, unreadable, () => jsonSchemaOf(schema, message));
  const description = typeof found === 'object' && found !== null ? descriptionOf(found) : undefined;
  const one: FoundType | null =
    found === null
      ? null
      : { type, place: subject, jsonSchema: found, ...(description === undefined ? {} : { description }) };
  return { format: formats[schema.type], types: one === null ? [] : [one], unreadable };
}

const formats = { AVRO: 'avro', PROTOBUF: 'protobuf', JSON: 'json-schema' } as const;

/** @throws UnreadablePart, UnreadableDocument */
function jsonSchemaOf({ type, text, references }: ForeignSchema, message: string | null): object | boolean {
  if (type === 'PROTOBUF') return protobufSchema(text, references, message);
  const others = references.map(({ name, text: other }) => [name, schemaIn(other)] as const);
  if (type === 'AVRO')
    return avroSchema(
      schemaIn(text),
      others.map(([, value]) => value),
    );
  const main = schemaIn(text);
  return bundledSchema(new LocalReferences(main, new Map(others)), main);
}

/** The name of a primitive type of Avro may stand without quotes. */
function schemaIn(text: string): unknown {
  return /^\s*[[{"tf]/.test(text) ? documentIn(text) : text.trim();
}

function descriptionOf(schema: object): string | undefined {
  const { description } = schema as { readonly description?: unknown };
  return typeof description === 'string' && description !== '' ? description : undefined;
}

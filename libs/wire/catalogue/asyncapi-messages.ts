/**
 * In: an AsyncAPI 3 document. Out: its messages as event types, those of its channels first: the payload is what an event has as `data`, the name
 * of the message its type.
 */
import { avroSchema } from './avro-schema.ts';
import { bundledSchema } from './bundled-schema.ts';
import {
  partOf,
  requireRoom,
  UnreadableDocument,
  UnreadablePart,
  type FoundType,
  type Unreadable,
} from './found-type.ts';
import { LocalReferences, membersOf, pointerTo, textOf, type Members } from './local-references.ts';
import { dataSchemaIn } from './own-documents.ts';
import { protobufSchema } from './protobuf-message.ts';

const draft7 = 'http://json-schema.org/draft-07/schema#';

/** @throws UnreadableDocument */
export function asyncApiMessages(document: Members, unreadable: Unreadable[]): readonly FoundType[] {
  const version = String(document['asyncapi']);
  if (!version.startsWith('3.')) throw new UnreadableDocument(`it is AsyncAPI ${version.slice(0, 20)}: 3 is read`);
  const references = new LocalReferences(document);
  const found: FoundType[] = [];
  const seen = new Set<string>();
  const take = (place: string, id: string, value: unknown, at = place) => {
    requireRoom(found.length + unreadable.length);
    const type = partOf(place, unreadable, () => {
      const { members, pointer } = references.follow(value, at);
      if (seen.has(pointer)) return null;
      seen.add(pointer);
      return messageOf(references, members, { place, id });
    });
    if (type !== null) found.push(type);
  };
  for (const [name, value] of Object.entries(membersOf(document['channels']) ?? {})) {
    requireRoom(found.length + unreadable.length);
    const place = pointerTo('channels', name);
    const channel = partOf(place, unreadable, () => references.follow(value, place));
    const messages = Object.entries(membersOf(channel?.members['messages']) ?? {});
    // Several names of one channel are one channel.
    const at = channel?.pointer ?? place;
    for (const [id, message] of messages) {
      const inside = pointerTo('messages', id);
      take(`${place}${inside}`, id, message, `${at}${inside}`);
    }
  }
  const shared = membersOf(membersOf(document['components'])?.['messages']) ?? {};
  for (const [id, message] of Object.entries(shared)) take(pointerTo('components', 'messages', id), id, message);
  return found;
}

function messageOf(
  references: LocalReferences,
  message: Members,
  { place, id }: { readonly place: string; readonly id: string },
): FoundType {
  const traits = listOf(message['traits']).map((trait) => references.follow(trait, place).members);
  // Of several the later one is stronger, and the message itself is strongest.
  const strongestFirst = [message, ...traits.reverse()];
  const said = (name: string) => strongestFirst.map((one) => one[name]).find((one) => one !== undefined);
  const description = textOf(said('description')) ?? textOf(said('summary')) ?? textOf(said('title'));
  const [first] = listOf(said('examples'));
  const { payload: example } = membersOf(first) ?? {};
  const data = payloadOf(references, message);
  const own = references.budget.spendOn(data.example ?? example);
  return {
    type: textOf(said('name')) ?? id,
    place,
    ...(description === undefined ? {} : { description }),
    ...(data.schema === undefined ? {} : { jsonSchema: data.schema }),
    ...(own === undefined ? {} : { example: own }),
    ...(data.isDeprecated === undefined ? {} : { deprecated: data.isDeprecated }),
  };
}

interface Payload {
  readonly schema?: object | boolean;
  readonly example?: unknown;
  readonly isDeprecated?: boolean;
}

function payloadOf(references: LocalReferences, message: Members): Payload {
  const payload = message['payload'];
  if (payload === undefined) return {};
  const { schemaFormat } = membersOf(payload) ?? {};
  const format = typeof schemaFormat === 'string' ? schemaFormat : 'application/vnd.aai.asyncapi;version=3.0.0';
  const schema = typeof schemaFormat === 'string' ? membersOf(payload)?.['schema'] : payload;
  const { budget } = references;
  if (format.startsWith('application/vnd.apache.avro')) return { schema: budget.spendOn(avroSchema(schema)) };
  if (format.startsWith('application/vnd.google.protobuf')) {
    return { schema: budget.spendOn(protobufSchema(String(schema), [])) };
  }
  if (!/^application\/(vnd\.aai\.asyncapi|schema)\b/.test(format)) {
    throw new UnreadablePart(`a schema of the format ${format.slice(0, 100)} is not read`);
  }
  const data = dataSchemaIn(references, message, schema);
  const { deprecated } = membersOf(schema) ?? {};
  const found = data.schema === undefined ? undefined : bundledSchema(references, data.schema);
  return {
    ...(found === undefined ? {} : { schema: isOfDraft7(format) ? inDraft7(found) : found }),
    ...(data.example === undefined ? {} : { example: data.example }),
    ...(typeof deprecated === 'boolean' ? { isDeprecated: deprecated } : {}),
  };
}

/** What AsyncAPI calls a schema is one of draft-07, unless it says another. */
function isOfDraft7(format: string): boolean {
  return /asyncapi|draft-?0?7/.test(format);
}

function inDraft7(schema: object | boolean): object | boolean {
  return typeof schema === 'boolean' || '$schema' in schema ? schema : { $schema: draft7, ...schema };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? [...(value as unknown[])] : [];
}

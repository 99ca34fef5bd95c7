/** In: an OpenAPI 3.1 document. Out: its `webhooks` as event types: the body of the request is what an event has as `data`. */
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

const methods = ['post', 'put', 'patch', 'get', 'delete'];

/** @throws UnreadableDocument */
export function openApiWebhooks(document: Members, unreadable: Unreadable[]): readonly FoundType[] {
  const version = String(document['openapi']);
  if (!/^3\.[1-9]/.test(version)) {
    throw new UnreadableDocument(`it is OpenAPI ${version.slice(0, 20)}, which has no webhooks: 3.1 has`);
  }
  const references = new LocalReferences(document);
  const webhooks = Object.entries(membersOf(document['webhooks']) ?? {});
  requireRoom(webhooks.length - 1);
  return webhooks.flatMap(([type, value]) => {
    const place = pointerTo('webhooks', type);
    return partOf(place, unreadable, () => webhookOf(references, { type, place, value })) ?? [];
  });
}

interface Named {
  readonly type: string;
  readonly place: string;
  readonly value: unknown;
}

function webhookOf(references: LocalReferences, { type, place, value }: Named): FoundType {
  const item = references.follow(value, place).members;
  const operation = methods.map((method) => membersOf(item[method])).find((one) => one !== null);
  if (operation === undefined) throw new UnreadablePart('it has no operation');
  const description = textOf(operation['description']) ?? textOf(operation['summary']) ?? textOf(item['description']);
  return {
    type,
    place,
    ...(description === undefined ? {} : { description }),
    ...(typeof operation['deprecated'] === 'boolean' ? { deprecated: operation['deprecated'] } : {}),
    ...bodyOf(references, operation, place),
  };
}

function bodyOf(
  references: LocalReferences,
  operation: Members,
  place: string,
): Pick<FoundType, 'jsonSchema' | 'example'> {
  if (operation['requestBody'] === undefined) return {};
  const body = references.follow(operation['requestBody'], place).members;
  const contents = Object.entries(membersOf(body['content']) ?? {});
  if (contents.length === 0) return {};
  const json = contents.find(([mediaType]) => /^application\/(?:[\w.-]+\+)?json\b/i.test(mediaType));
  if (json === undefined) throw new UnreadablePart('its body is not JSON');
  const media = membersOf(json[1]) ?? {};
  const schema = media['schema'];
  const data = dataSchemaIn(references, operation, schema);
  const example = data.isWhole ? exampleOf(references, media, schema, place) : undefined;
  const found = data.schema === undefined ? {} : { jsonSchema: bundledSchema(references, data.schema) };
  const own = references.budget.spendOn(data.isWhole ? example : data.example);
  return { ...found, ...(own === undefined ? {} : { example: own }) };
}

function exampleOf(references: LocalReferences, media: Members, schema: unknown, place: string): unknown {
  if (media['example'] !== undefined) return media['example'];
  const [first] = Object.values(membersOf(media['examples']) ?? {});
  if (first !== undefined) return references.follow(first, place).members['value'];
  const { example, examples } = membersOf(schema) ?? {};
  return example ?? (Array.isArray(examples) ? (examples[0] as unknown) : undefined);
}

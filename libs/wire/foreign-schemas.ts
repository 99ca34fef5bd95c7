/**
 * Asks a registry for the schemas of platform services, with all that they refer to. In: how a record names a schema. Out: its text.
 * Holds: what a registry says that it does not have is missing; every other answer says nothing, and is asked for again.
 * Source: Confluent Schema Registry, "API Reference"; Apicurio Registry 3, "Core Registry API". In Apicurio the ids of the
 * Confluent-compatible API are those of contents.
 */
import type { SchemaRef } from '../domain/event/registry-frame.ts';
import { UnreadableSchemaError, type ForeignSchema } from './foreign-schema.ts';
import type { ProtoFile } from './protobuf-schema.ts';
import type { HttpReply } from './http-question.ts';
import type { RegistryAddress } from './registry-access.ts';
import { answerOf, saysMissing, saysNoSchema, unexpected } from './registry-answers.ts';

/** Files that a schema refers to, and theirs. */
const referencesMax = 200;
const textCharsMax = 1024 * 1024;
/** Of the Confluent-compatible API of Apicurio; its own begins beside it. */
const compatiblePath = /\/apis\/ccompat\/v\d+\/?$/;
const noApicurio =
  'only Apicurio has ids of that kind, and SCHEMA_REGISTRY_URL does not end as its address does (/apis/ccompat/v7)';

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number | string;
}

interface Answered {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
}

export class ForeignSchemas {
  private readonly address: RegistryAddress;
  /** How the global id or the long id of eight bytes leads to a schema. */
  private readonly longIds: LongIds;

  constructor(address: RegistryAddress, longIds: LongIds) {
    this.address = address;
    this.longIds = longIds;
  }

  /** Null: the registry says that it has none. @throws RegistryAnswerError, UnreadableSchemaError */
  async find({ kind, id }: SchemaRef): Promise<ForeignSchema | null> {
    switch (kind) {
      case 'id':
      case 'contentId':
        if (kind === 'contentId') this.requireApicurio();
        return this.schemaAt(`/schemas/ids/${id}`);
      case 'guid':
        return this.byGuid(id);
      case 'globalId': {
        const contentId = await this.contentIdOf(id);
        return contentId === null ? null : this.schemaAt(`/schemas/ids/${contentId}`);
      }
      case 'long':
        return this.byLongId(id);
    }
  }

  /** The newest version of a subject, or a certain one. Null: there is none. @throws RegistryAnswerError, UnreadableSchemaError */
  async ofSubject(subject: string, version: number | 'latest'): Promise<ForeignSchema | null> {
    const answer = await this.ask(`/subjects/${encodeURIComponent(subject)}/versions/${version}`);
    return saysMissing(answer) ? null : this.whole(answer);
  }

  /** Registries before Confluent 8 do not know the path, and say so in some way of their own. */
  private async byGuid(guid: string): Promise<ForeignSchema | null> {
    const answer = await this.ask(`/schemas/guids/${guid}`);
    if (answer.status !== 404) return this.whole(answer);
    if (saysNoSchema(answer)) return null;
    throw new UnreadableSchemaError('this registry has no schemas by GUID, as Confluent has from version 8 on');
  }

  /** Two numbers that are one by chance may not be taken for each other. */
  private async byLongId(id: string): Promise<ForeignSchema | null> {
    if (this.longIds === 'contentId') return this.find({ kind: 'contentId', id });
    const contentId = await this.contentIdOf(id);
    if (this.longIds === 'globalId') return contentId === null ? null : this.schemaAt(`/schemas/ids/${contentId}`);
    if (contentId === id) return this.schemaAt(`/schemas/ids/${id}`);
    const hint = 'set SCHEMA_REGISTRY_LONG_IDS to what its producers write, globalId or contentId';
    throw new UnreadableSchemaError(
      `${id} is one schema as a global id and another, or none, as a content id: ${hint}`,
    );
  }

  /** Null: there is no such version. */
  private async contentIdOf(globalId: string): Promise<string | null> {
    this.requireApicurio();
    const url = this.address.url.replace(compatiblePath, '/apis/registry/v3');
    const answer = await answerOf({ ...this.address, url }, `/search/versions?globalId=${globalId}&limit=1`);
    if (answer.status !== 200) throw unexpected(answer);
    const { versions } = parsed(answer) as { versions?: readonly { globalId?: unknown; contentId?: unknown }[] };
    const found = versions?.find((version) => String(version.globalId) === globalId);
    return found === undefined ? null : String(found.contentId);
  }

  private requireApicurio(): void {
    if (!compatiblePath.test(this.address.url)) throw new UnreadableSchemaError(noApicurio);
  }

  private async schemaAt(path: string): Promise<ForeignSchema | null> {
    const answer = await this.ask(path);
    return saysNoSchema(answer) ? null : this.whole(answer);
  }

  private async whole(answer: HttpReply): Promise<ForeignSchema> {
    const { schema, schemaType = 'AVRO', references = [] } = answeredIn(answer);
    if (schemaType !== 'AVRO' && schemaType !== 'PROTOBUF' && schemaType !== 'JSON') {
      throw new UnreadableSchemaError(`it is of the type ${schemaType.slice(0, 32)}`);
    }
    const files = new Map<string, ProtoFile>();
    const seen = new Set<string>();
    await this.collect(references, files, seen);
    return { type: schemaType, text: schema, references: [...files.values()] };
  }

  /** What others need comes first. */
  private async collect(
    references: readonly Reference[],
    files: Map<string, ProtoFile>,
    seen: Set<string>,
  ): Promise<void> {
    for (const { name, subject, version } of references) {
      const place = `/subjects/${encodeURIComponent(subject)}/versions/${encodeURIComponent(String(version))}`;
      if (seen.has(place)) continue;
      seen.add(place);
      if (seen.size > referencesMax) throw new UnreadableSchemaError(`it refers to more than ${referencesMax} others`);
      const answer = await this.ask(place);
      if (saysMissing(answer))
        throw new UnreadableSchemaError(`it refers to ${subject.slice(0, 100)}, which is not there`);
      const { schema, references: more = [] } = answeredIn(answer);
      await this.collect(more, files, seen);
      files.set(name, { name, text: schema });
    }
  }

  private ask(path: string): Promise<HttpReply> {
    return answerOf(this.address, path);
  }
}

/** `agree`: an id of eight bytes is read only where it names one schema in either reading. */
export type LongIds = 'agree' | 'globalId' | 'contentId';

function answeredIn(answer: HttpReply): Answered {
  if (answer.status !== 200) throw unexpected(answer);
  const found = parsed(answer) as Partial<Answered>;
  if (typeof found.schema !== 'string') throw unexpected(answer);
  if (found.schema.length > textCharsMax)
    throw new UnreadableSchemaError(`it has more than ${textCharsMax} characters`);
  return found as Answered;
}

function parsed({ status, body }: HttpReply): unknown {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Some page of a proxy.
  }
  throw unexpected({ status, body });
}

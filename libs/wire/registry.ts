/** The schema registry: registers our schemas at setup, hands out codecs to the apps. */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { DecimalType, dropDefaults } from './any-avro.ts';
import { agentOf } from './http-question.ts';
import { AvroCodec, AvroDecodeError, type SchemaSource } from './avro-codec.ts';
import { MissingSchemas } from './missing-schemas.ts';
import { assertMissing, isAnswer, isNotFound, RegistryAnswerError } from './registry-answers.ts';
import type { RegistryAddress } from './registry-access.ts';
import type { SchemaRef } from '../domain/event/registry-frame.ts';
import { UnreadableSchemaError, type ForeignSchema, type ForeignSchemaSource } from './foreign-schema.ts';
import { ForeignSchemas, type LongIds } from './foreign-schemas.ts';
import { schemaFile } from './schema-files.ts';
import { topicName, type TopicSpec } from './topics.ts';
import type { WireTypes } from './wire-types.ts';

export interface RegistryConfig extends RegistryAddress {
  readonly topicPrefix: string;
  /** What ids of eight bytes are. Default: `agree`. */
  readonly longIds?: LongIds;
  /** A schema that records wait for was not to be had. Called for each try, to be logged. */
  readonly onTrouble?: (error: unknown, schemaId: number | string) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** Whoever waits for a schema asks at least this often. */
const troubleForMs = 5_000;

export class Registry implements SchemaSource, ForeignSchemaSource {
  private readonly foreign: ForeignSchemas;
  private readonly client: SchemaRegistry;
  private readonly config: RegistryConfig;
  private readonly now: () => number;
  private readonly missing: MissingSchemas;
  private trouble: { readonly says: string; readonly at: number } | null = null;

  constructor(config: RegistryConfig) {
    this.config = config;
    this.foreign = new ForeignSchemas(config, config.longIds ?? 'agree');
    this.now = config.now ?? (() => performance.now());
    this.missing = new MissingSchemas(this.now);
    this.client = new SchemaRegistry(
      {
        host: config.url,
        ...(config.username === null ? {} : { auth: { username: config.username, password: config.password ?? '' } }),
        ...(config.tls === undefined || config.tls === null ? {} : { agent: agentOf(config.url, config.tls) }),
        middlewares: config.token === undefined || config.token === null ? [] : [bearer(config.token)],
      },
      // Without these the client would forget, of the schemas it hands out, which bytes are decimals, and refuse those whose
      // defaults it finds fault with.
      { [SchemaType.AVRO]: { logicalTypes: { decimal: DecimalType }, typeHook: dropDefaults } },
    );
  }

  /**
   * Registers the schema of a topic under `<topic>-value`, BACKWARD_TRANSITIVE, and returns its id. Idempotent.
   * @throws when the registry is away or refuses the schema as incompatible
   */
  async register(topic: TopicSpec): Promise<number> {
    if (topic.schema === null) throw new Error(`${topic.name} has no schema of ours`);
    const { id } = await this.client.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(schemaFile(topic.schema)) },
      {
        subject: `${topicName(this.config.topicPrefix, topic)}-value`,
        compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE,
      },
    );
    return id;
  }

  /** A codec for the topic's values; registers the schema when it is not there yet. */
  async codec<Name extends keyof WireTypes>(topic: TopicSpec & { schema: Name }): Promise<AvroCodec<WireTypes[Name]>> {
    return new AvroCodec<WireTypes[Name]>(schemaFile(topic.schema), await this.register(topic), this);
  }

  async schemaById(id: number): Promise<object | null> {
    try {
      const schema: unknown = await this.client.getSchema(id);
      this.missing.found(id);
      this.trouble = null;
      // The library hands back an avsc type; its JSON form is the writer's schema.
      return JSON.parse(JSON.stringify(schema)) as object;
    } catch (error) {
      if (!isAnswer(error)) throw new AvroDecodeError(`schema ${id} cannot be read`, { cause: error });
      try {
        if (!isNotFound(error)) throw error;
        await assertMissing(this.config, id);
        if (!this.missing.saidMissing(id)) throw new RegistryAnswerError(404, `it has no schema ${id} yet`);
      } catch (trouble) {
        throw this.troubled(id, trouble);
      }
      this.trouble = null;
      return null;
    }
  }

  async foreignSchema(ref: SchemaRef): Promise<ForeignSchema | null> {
    const key = ref.kind === 'id' ? Number(ref.id) : `${ref.kind} ${ref.id}`;
    try {
      const schema = await this.foreign.find(ref);
      if (schema === null && !this.missing.saidMissing(key)) {
        throw new RegistryAnswerError(404, `it has no schema ${ref.id} yet`);
      }
      if (schema !== null) this.missing.found(key);
      this.trouble = null;
      return schema;
    } catch (error) {
      if (error instanceof UnreadableSchemaError) throw error;
      throw this.troubled(ref.id, error);
    }
  }

  /** Null: the registry has no such subject or version. @throws RegistryAnswerError, UnreadableSchemaError */
  schemaOfSubject(subject: string, version: number | 'latest'): Promise<ForeignSchema | null> {
    return this.foreign.ofSubject(subject, version);
  }

  /** Null unless records wait for a schema now, else why. For readiness. */
  problem(): string | null {
    return this.trouble === null || this.now() - this.trouble.at > troubleForMs ? null : this.trouble.says;
  }

  private troubled(id: number | string, error: unknown): unknown {
    const reason = error instanceof Error ? error.message : String(error);
    this.trouble = { says: `records wait for schema ${id}: ${reason}`, at: this.now() };
    this.config.onTrouble?.(error, id);
    return error;
  }
}

type ClientMiddleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];

function bearer(token: () => Promise<string>): ClientMiddleware {
  return () => ({
    prepareRequest: async (next, abort) => {
      const request = await next();
      let value: string;
      try {
        value = await token();
      } catch (cause) {
        // It says nothing of a schema: whoever waits for one asks again.
        const error = new RegistryAnswerError(
          0,
          `no token: ${cause instanceof Error ? cause.message : String(cause)}`,
          cause,
        );
        abort(error);
        throw error;
      }
      return request.enhance({ headers: { authorization: `Bearer ${value}` } });
    },
  });
}

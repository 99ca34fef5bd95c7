/** The schema registry: registers our schemas at setup, hands out codecs to the apps. */
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { DecimalType } from './any-avro.ts';
import { AvroCodec, type SchemaSource } from './avro-codec.ts';
import { schemaFile } from './schema-files.ts';
import { topicName, type TopicSpec } from './topics.ts';
import type { WireTypes } from './wire-types.ts';

export interface RegistryConfig {
  /** Base address with path, such as http://127.0.0.1:18081/apis/ccompat/v7 */
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly topicPrefix: string;
}

export class Registry implements SchemaSource {
  private readonly client: SchemaRegistry;
  private readonly topicPrefix: string;

  constructor(config: RegistryConfig) {
    this.topicPrefix = config.topicPrefix;
    this.client = new SchemaRegistry(
      {
        host: config.url,
        ...(config.username === null ? {} : { auth: { username: config.username, password: config.password ?? '' } }),
      },
      // Without these the client would forget, of the schemas it hands out, which bytes are decimals.
      { [SchemaType.AVRO]: { logicalTypes: { decimal: DecimalType } } },
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
      { subject: `${topicName(this.topicPrefix, topic)}-value`, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE },
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
      // The library hands back an avsc type; its JSON form is the writer's schema.
      return JSON.parse(JSON.stringify(schema)) as object;
    } catch (error) {
      if (error instanceof Error && 'status' in error && error.status === 404) return null;
      throw error;
    }
  }
}

/**
 * The compacted topics beside the tables that they tell of. In: both. Out: the keys that differ. Changes nothing.
 * Definitions are compared as they would be encoded now, so that another version of the schema is no difference.
 */
import type { WebhookDefinition } from '../libs/domain/webhook/webhook.ts';
import { KafkaClient, kafkaConnection } from '../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../libs/kafka/cluster/topic-admin.ts';
import { topicSnapshot } from '../libs/kafka/cluster/topic-snapshot.ts';
import { registryConfig } from '../libs/kafka/registry-config.ts';
import type { CurrentTopic, CurrentValues } from '../libs/postgres/webhooks/current-values.ts';
import { createLogger } from '../libs/runtime/logger.ts';
import { AvroCodec } from '../libs/wire/avro-codec.ts';
import { Registry } from '../libs/wire/registry.ts';
import { schemaFile } from '../libs/wire/schema-files.ts';
import { topicName, topics } from '../libs/wire/topics.ts';
import type { SetupConfig } from './setup-config.ts';

export interface TopicComparison {
  readonly topic: CurrentTopic;
  readonly same: readonly string[];
  /** In the database and not on Kafka. */
  readonly missing: readonly string[];
  readonly different: readonly string[];
  /** On Kafka and not in the database. */
  readonly ghosts: readonly string[];
}

const pageRows = 500;
const readMs = 60_000;

/** @throws when database, Kafka or registry do not answer */
export async function compareDefinitions(
  config: SetupConfig,
  values: CurrentValues,
  now: Date,
): Promise<readonly TopicComparison[]> {
  const registry = new Registry(registryConfig(config));
  const found: TopicComparison[] = [];
  for (const spec of [topics.definitions, topics.eventTypes]) {
    const logger = createLogger('definitions', 'silent');
    const client = new KafkaClient(kafkaConnection(config, 'definitions'), logger);
    const topic = topicName(config.TOPIC_PREFIX, spec);
    await assertThere(client, topic);
    const onKafka = await topicSnapshot(client, topic, logger, readMs);
    // Under no id of the registry, where nothing is to be registered by looking.
    const codec = new AvroCodec<object>(schemaFile(spec.schema), 0, registry);
    found.push(await compareTopic(spec.name, { codec, onKafka, values, now }));
  }
  return found;
}

/** Reading a topic waits until there is one. */
async function assertThere(client: KafkaClient, topic: string): Promise<void> {
  const admin = new TopicAdmin(client);
  try {
    if (!(await admin.holdings([topic])).has(topic)) throw new Error(`${topic} does not exist: npm run setup makes it`);
  } finally {
    await admin.close();
  }
}

interface Compared {
  readonly codec: AvroCodec<object>;
  readonly onKafka: ReadonlyMap<string, Buffer>;
  readonly values: CurrentValues;
  readonly now: Date;
}

async function compareTopic(topic: CurrentTopic, { codec, onKafka, values, now }: Compared): Promise<TopicComparison> {
  const same: string[] = [];
  const missing: string[] = [];
  const different: string[] = [];
  const ghosts = new Set(onKafka.keys());
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: Map<string, object> = await values.page(topic, after, pageRows, now);
    for (const [key, value] of page) {
      ghosts.delete(key);
      const kept = onKafka.get(key);
      if (kept === undefined) missing.push(key);
      else if (await isSame(codec, kept, codec.encode(value), now)) same.push(key);
      else different.push(key);
    }
    after = page.size < pageRows ? undefined : [...page.keys()].sort().at(-1);
  }
  return { topic, same, missing, different, ghosts: [...ghosts] };
}

async function isSame(codec: AvroCodec<object>, kept: Buffer, wanted: Buffer, now: Date): Promise<boolean> {
  try {
    return codec.encode(withoutExpired(await codec.decodeAsync(kept), now)).equals(wanted);
  } catch {
    // What cannot be read is to be written anew, whatever it was.
    return false;
  }
}

/** A secret that has expired since makes no difference: nothing is signed with it. */
function withoutExpired(value: object, now: Date): object {
  if (!('secrets' in value)) return value;
  const secrets = value.secrets as WebhookDefinition['secrets'];
  return { ...value, secrets: secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now.getTime()) };
}

/**
 * What has to exist before the apps run: tables, topics, registered schemas. Idempotent: in goes the configuration, out
 * comes what was made now; what exists already is left as it is, and told of when it differs.
 */
import { KafkaClient, kafkaConnection } from '../libs/kafka/kafka-client.ts';
import { TopicAdmin } from '../libs/kafka/topic-admin.ts';
import { migrate } from '../libs/postgres/migrate.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import type { Logger } from '../libs/runtime/logger.ts';
import { placeOf } from '../libs/runtime/shown-value.ts';
import { Registry } from '../libs/wire/registry.ts';
import { allTopics } from '../libs/wire/topics.ts';
import { StackFailure, sentenceOf } from './failure.ts';
import { setupConfig, type SetupConfig } from './setup-config.ts';
import { wantedTopics } from './wanted-topics.ts';

export interface SetupResult {
  /** Names of the migrations that ran now. */
  readonly migrations: readonly string[];
  readonly createdTopics: readonly string[];
  /** Topics that exist otherwise than configured, in words. */
  readonly mismatched: readonly string[];
  /** Schemas that are registered, new or not. */
  readonly schemaCount: number;
}

/** @throws ConfigError, StackFailure */
export async function setUp(env: Environment, logger: Logger): Promise<SetupResult> {
  const config = readConfig(setupConfig, env);
  const [migrations, topics, schemaCount] = await Promise.all([
    migrateDatabase(config, logger),
    createTopics(config, logger),
    registerSchemas(config),
  ]);
  return { migrations, createdTopics: topics.created, mismatched: topics.mismatched, schemaCount };
}

async function migrateDatabase(config: SetupConfig, logger: Logger): Promise<readonly string[]> {
  try {
    return await migrate(config.DATABASE_URL, logger);
  } catch (cause) {
    throw new StackFailure(
      `The database at ${placeOf(config.DATABASE_URL)} cannot be migrated (${sentenceOf(cause)}): check DATABASE_URL and that its user may create tables.`,
      { cause },
    );
  }
}

async function createTopics(config: SetupConfig, logger: Logger) {
  const admin = new TopicAdmin(new KafkaClient(kafkaConnection(config, 'setup'), logger));
  try {
    return await admin.ensure(wantedTopics(config));
  } catch (cause) {
    const reason = sentenceOf(cause);
    const way = /replication/i.test(reason)
      ? 'set TOPIC_REPLICATION to no more than there are brokers.'
      : 'check KAFKA_BROKERS and that topics may be created.';
    throw new StackFailure(`The topics at ${config.KAFKA_BROKERS.join(', ')} cannot be set up (${reason}): ${way}`, {
      cause,
    });
  } finally {
    await admin.close();
  }
}

async function registerSchemas(config: SetupConfig): Promise<number> {
  const registry = new Registry({
    url: config.SCHEMA_REGISTRY_URL,
    username: config.SCHEMA_REGISTRY_USERNAME,
    password: config.SCHEMA_REGISTRY_PASSWORD,
    topicPrefix: config.TOPIC_PREFIX,
  });
  const withSchema = allTopics.filter((topic) => topic.schema !== null);
  try {
    for (const topic of withSchema) await registry.register(topic);
  } catch (cause) {
    throw new StackFailure(
      `The schemas cannot be registered at ${placeOf(config.SCHEMA_REGISTRY_URL)} (${sentenceOf(cause)}): check SCHEMA_REGISTRY_URL and, where it is the registry that refuses, what 'npm run doctor' says of the schemas.`,
      { cause },
    );
  }
  return withSchema.length;
}

/**
 * What has to exist before the apps run: tables, topics, registered schemas. Idempotent: in goes the configuration, out
 * comes what was made now; what exists already is left as it is, and told of when it differs.
 */
import { KafkaClient, kafkaConnection } from '../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../libs/kafka/cluster/topic-admin.ts';
import { registryConfig } from '../libs/kafka/registry-config.ts';
import { migrate } from '../libs/postgres/server/migrate.ts';
import { connectionKind, wayAroundPooler } from '../libs/postgres/server/pooler-probe.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import type { Logger } from '../libs/runtime/logger.ts';
import { placeOf } from '../libs/runtime/masked-value.ts';
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
    await requireSessions(config.DATABASE_URL);
    return await migrate(config.DATABASE_URL, logger);
  } catch (cause) {
    if (cause instanceof StackFailure) throw cause;
    throw new StackFailure(
      `The database at ${placeOf(config.DATABASE_URL)} cannot be migrated (${sentenceOf(cause)}): check DATABASE_URL and that its user may create tables.`,
      { cause },
    );
  }
}

/**
 * Migrations hold a lock for as long as they run, and make indexes one after the other: that takes a session.
 * @throws StackFailure behind a pooler in transaction mode; whatever PostgreSQL says when it does not answer
 */
export async function requireSessions(databaseUrl: string): Promise<void> {
  const kind = await connectionKind(databaseUrl);
  if (kind === 'sessions') return;
  const place = placeOf(databaseUrl);
  const forApps =
    kind === 'transactions'
      ? 'the apps themselves may go through it'
      : `it also loses prepared statements: ${wayAroundPooler}`;
  throw new StackFailure(
    `At ${place} is a pooler in transaction mode, through which nothing can be migrated: give setup the DATABASE_URL of PostgreSQL itself (${forApps}).`,
  );
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
  const registry = new Registry(registryConfig(config));
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

/**
 * Kafka, the schema registry and PostgreSQL of a run: embedded ones with data of their own, or those that the environment
 * names (KAFKA_BROKERS, SCHEMA_REGISTRY_URL, DATABASE_URL). On servers of others the run has topics under a prefix and a
 * database of its own. Data is gone at the end, wherever it was.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { KafkaClient, kafkaConnection } from '../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../libs/kafka/cluster/topic-admin.ts';
import { connectionKeys, databaseKeys } from '../libs/runtime/config-keys.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import { createLogger } from '../libs/runtime/logger.ts';
import { allTopics, topicName } from '../libs/wire/topics.ts';
import type { EmbeddedOptions, EmbeddedServer } from '../stack/embedded/embedded-server.ts';
import { startKafka } from '../stack/embedded/kafka.ts';
import { postgresHome } from '../stack/embedded/postgres-home.ts';
import { startPostgres } from '../stack/embedded/postgres.ts';
import { startRegistry } from '../stack/embedded/registry.ts';
import { embeddedParts, isSaid, localEnvironment, parts, type Part } from '../stack/environment.ts';
import { requireOutsideParts } from '../stack/outside-parts.ts';
import { freePorts } from '../stack/ports.ts';
import { dataFolder } from '../stack/repository.ts';
import { warn } from '../stack/terminal.ts';

export const benchFolder = join(dataFolder, 'bench');
export const logFolder = join(benchFolder, 'logs');
const stackFolder = join(benchFolder, 'stack');
/** Where the embedded Kafka has a folder of segments for each partition. */
export const embeddedLogFolder = join(stackFolder, 'kafka', 'log');

/** Of this run among others at the same servers. */
const ownName = `bench-${randomBytes(4).toString('hex')}`;

export interface ServersOptions {
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Goes on with the data that the last one left. Default: begins anew */
  readonly keepsData?: boolean;
}

export class BenchServers {
  /** Those that were started here. */
  readonly embedded = new Map<Part, EmbeddedServer>();
  private ownEnvironment: Environment = {};

  /** What every app gets. */
  get env(): Environment {
    return this.ownEnvironment;
  }

  /** @throws StackFailure, Stopped; whatever was started is stopped then */
  static async start(options: ServersOptions, signal: AbortSignal): Promise<BenchServers> {
    const servers = new BenchServers();
    try {
      await servers.startAll(options, signal);
      return servers;
    } catch (error) {
      await servers.stopEmbedded();
      throw error;
    }
  }

  async stop({ keepsData }: { readonly keepsData: boolean }): Promise<void> {
    if (!keepsData) await this.removeOutsideData();
    await this.stopEmbedded();
    if (!keepsData) await removeEmbeddedData();
  }

  private async startAll(options: ServersOptions, signal: AbortSignal): Promise<void> {
    const wanted = embeddedParts(process.env);
    const outside = parts.filter((part) => !wanted.includes(part));
    await requireOutsideParts(outside, process.env);
    if (options.keepsData !== true) await removeEmbeddedData();
    const ports = await freePorts(4);
    const starts = wanted.map(async (part) => this.embedded.set(part, await startPart(part, ports, options, signal)));
    const failed = (await Promise.allSettled(starts)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const addresses = Object.fromEntries([...this.embedded].map(([part, { address }]) => [part, address]));
    const { env } = localEnvironment(process.env, {
      addresses,
      adminKey: () => `bench_${randomBytes(24).toString('base64url')}`,
      encryptionKeys: () => `bench:${randomBytes(32).toString('base64')}`,
    });
    this.ownEnvironment = { ...env, ...openedHere, ...(await this.apartFromOthers(outside, env)) };
  }

  /** Names of our own on servers of others. */
  private async apartFromOthers(outside: readonly Part[], env: Environment): Promise<Environment> {
    if (outside.length === 0) return {};
    warn(`The environment names ${outside.join(', ')}: what they use is not counted`);
    const prefix = { TOPIC_PREFIX: `${env['TOPIC_PREFIX'] ?? ''}${ownName}.` };
    if (!outside.includes('postgres')) return prefix;
    const { DATABASE_URL: url } = readConfig(databaseKeys, env);
    await onDatabase(url, async (client) => {
      const { rowCount } = await client.query('select from pg_database where datname = $1', [ownName]);
      if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(ownName)}`);
    });
    const own = new URL(url);
    own.pathname = `/${ownName}`;
    return { ...prefix, DATABASE_URL: own.href };
  }

  private async removeOutsideData(): Promise<void> {
    if (!this.embedded.has('kafka')) {
      const config = readConfig(connectionKeys, this.env);
      const admin = new TopicAdmin(new KafkaClient(kafkaConnection(config, 'bench'), createLogger('bench', 'error')));
      await admin.remove(allTopics.map((topic) => topicName(config.TOPIC_PREFIX, topic))).finally(() => admin.close());
    }
    if (this.embedded.has('postgres')) return;
    const { DATABASE_URL: url } = readConfig(databaseKeys, process.env);
    await onDatabase(url, async (client) => {
      await client.query(`drop database if exists ${client.escapeIdentifier(ownName)} with (force)`);
    });
  }

  private async stopEmbedded(): Promise<void> {
    await Promise.allSettled([this.embedded.get('registry')?.stop(), this.embedded.get('kafka')?.stop()]);
    await this.embedded.get('postgres')?.stop();
  }
}

/** The receivers are on this machine, whoever the servers belong to. */
const openedHere = {
  EGRESS_ALLOW: '127.0.0.0/8',
  ALLOWED_URL_SCHEMES: 'https,http',
  ALLOWED_PORTS: '*',
} as const;

function startPart(
  part: Part,
  [kafkaPort = 0, controllerPort = 0, registryPort = 0, postgresPort = 0]: readonly number[],
  { postgresSettings = {} }: ServersOptions,
  signal: AbortSignal,
): Promise<EmbeddedServer> {
  const optionsOf = (port: number): EmbeddedOptions => ({
    port,
    dataDir: join(stackFolder, part),
    logFile: join(logFolder, `${part}.log`),
    signal,
    onProgress: () => undefined,
    onDeath: warn,
  });
  switch (part) {
    case 'kafka':
      return startKafka({ ...optionsOf(kafkaPort), controllerPort });
    case 'registry':
      return startRegistry(optionsOf(registryPort));
    case 'postgres':
      return startPostgres({ ...optionsOf(postgresPort), settings: postgresSettings });
  }
}

async function onDatabase(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client).finally(() => client.end());
}

async function removeEmbeddedData(): Promise<void> {
  if (!isSaid(process.env, 'DATABASE_URL')) {
    // PostgreSQL may keep its data elsewhere when run by root.
    const { dataDir } = await postgresHome(join(stackFolder, 'postgres'));
    rmSync(dataDir, { recursive: true, force: true });
  }
  rmSync(stackFolder, { recursive: true, force: true });
  mkdirSync(stackFolder, { recursive: true });
}

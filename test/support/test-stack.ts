/**
 * What a test gets of the real parts: addresses of the servers that the run shares, and names that are its own.
 * The servers are started by test-servers.ts when they are first asked for.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createLogger } from '../../libs/runtime/logger.ts';
import type { ServerName } from './test-servers.ts';

export interface TestStackOptions {
  readonly kafka?: boolean;
  readonly registry?: boolean;
  readonly postgres?: boolean;
}

export interface TestStack {
  /** Comma separated; empty when not asked for. */
  readonly kafkaBrokers: string;
  readonly registryUrl: string;
  /** A database that all tests share: use {@link createDatabase} for tables. */
  readonly databaseUrl: string;
  /** For topics, subjects and groups; no other call gets it. */
  readonly topicPrefix: string;
  /** A new, empty database; its address. */
  createDatabase(): Promise<string>;
  /** A new database with all tables and nothing in them; its address. */
  createMigratedDatabase(): Promise<string>;
}

export async function testStack(options: TestStackOptions): Promise<TestStack> {
  const [kafkaBrokers, registryUrl, databaseUrl] = await Promise.all([
    options.kafka === true ? addressOf('kafka') : '',
    options.registry === true ? addressOf('registry') : '',
    options.postgres === true ? addressOf('postgres') : '',
  ]);
  return {
    kafkaBrokers,
    registryUrl,
    databaseUrl,
    topicPrefix: `${ownName()}.`,
    createDatabase: () => withClient(databaseUrl, (client) => createDatabase(client)),
    createMigratedDatabase: () =>
      withClient(databaseUrl, async (client) => createDatabase(client, await migratedTemplate(client, databaseUrl))),
  };
}

/** Compiles the apps, once for the run. */
export async function buildApps(): Promise<void> {
  await ask('build');
}

function addressOf(name: ServerName): Promise<string> {
  return ask(name);
}

async function ask(what: string): Promise<string> {
  const door = process.env['TEST_STACK_DOOR'];
  if (door === undefined)
    throw new Error(
      'real-stack tests live in test/adapters, test/pipeline, test/portal, test/faults, test/cluster and test/patience',
    );
  // A kept connection may be closed by the other side just as it is used again.
  const response = await fetch(`${door}/${what}`, { headers: { connection: 'close' } });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

/** Starts with what all names of this run start with. */
function ownName(): string {
  return `test-${process.env['TEST_RUN_ID'] ?? ''}-${randomBytes(4).toString('hex')}`;
}

async function withClient(anyDatabaseUrl: string, make: (client: pg.Client) => Promise<string>): Promise<string> {
  if (anyDatabaseUrl === '') throw new Error('testStack was not asked for postgres');
  const client = new pg.Client({ connectionString: anyDatabaseUrl });
  await client.connect();
  try {
    return databaseAt(anyDatabaseUrl, await make(client));
  } finally {
    await client.end();
  }
}

/** @returns its name */
async function createDatabase(client: pg.Client, template = 'template1'): Promise<string> {
  const name = ownName();
  await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(template)}`);
  return name;
}

/** Migrated once for the run, by whoever comes first: to copy it is quicker than to migrate again. */
async function migratedTemplate(client: pg.Client, anyDatabaseUrl: string): Promise<string> {
  const name = `test-${process.env['TEST_RUN_ID'] ?? ''}-migrated`;
  await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) {
      // Under another name until it is whole.
      const made = await createDatabase(client);
      const { migrate } = await import('../../libs/postgres/server/migrate.ts');
      await migrate(databaseAt(anyDatabaseUrl, made), createLogger('test', 'silent'));
      await client.query(`ALTER DATABASE ${client.escapeIdentifier(made)} RENAME TO ${client.escapeIdentifier(name)}`);
    }
    return name;
  } finally {
    await client.query('SELECT pg_advisory_unlock(hashtext($1))', [name]);
  }
}

function databaseAt(anyDatabaseUrl: string, name: string): string {
  const url = new URL(anyDatabaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

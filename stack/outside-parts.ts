/** Servers that the environment names: asked before anything is started, so that a wrong address is told at once. */
import { connect } from 'node:net';
import pg from 'pg';
import { registryConfig } from '../libs/kafka/registry-config.ts';
import type { Environment } from '../libs/runtime/config.ts';
import { readConfig } from '../libs/runtime/config.ts';
import { placeOf } from '../libs/runtime/masked-value.ts';
import { askRegistry } from '../libs/wire/registry-access.ts';
import { partVariables, type Part } from './environment.ts';
import { StackFailure, sentenceOf } from './failure.ts';
import { setupConfig, type SetupConfig } from './setup-config.ts';

const patienceMs = 5000;

/** @throws StackFailure naming the variable to correct, ConfigError */
export async function requireOutsideParts(parts: readonly Part[], env: Environment): Promise<void> {
  for (const part of parts) {
    if (env[partVariables[part]] !== '') continue;
    throw new StackFailure(
      `${partVariables[part]} is set but empty: give it an address, or unset it to use the embedded one.`,
    );
  }
  const config = readConfig(setupConfig, env);
  await Promise.all(parts.map((part) => checks[part](config)));
}

const checks: Readonly<Record<Part, (config: SetupConfig) => Promise<void>>> = {
  kafka: requireKafka,
  registry: requireRegistry,
  postgres: requirePostgres,
};

/** One broker that takes connections is enough: the client learns of the others from it. */
async function requireKafka(config: SetupConfig): Promise<void> {
  const brokers = config.KAFKA_BROKERS;
  try {
    await Promise.any(brokers.map(reach));
  } catch (error) {
    throw unusable(
      'kafka',
      `Kafka at ${brokers.join(', ')}`,
      error instanceof AggregateError ? error.errors[0] : error,
    );
  }
}

function reach(broker: string): Promise<void> {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(broker) ?? [];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port), timeout: patienceMs });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => {
      socket.destroy(new Error('it does not answer'));
    });
    socket.once('error', reject);
  });
}

async function requireRegistry(config: SetupConfig): Promise<void> {
  const what = `The schema registry at ${placeOf(config.SCHEMA_REGISTRY_URL)}`;
  let status: number;
  try {
    ({ status } = await askRegistry(registryConfig(config), '/subjects'));
  } catch (error) {
    throw unusable('registry', what, error);
  }
  if (status !== 200) throw unusable('registry', what, new Error(`GET /subjects is answered ${status}`));
}

async function requirePostgres(config: SetupConfig): Promise<void> {
  const url = config.DATABASE_URL;
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: patienceMs });
  // A connection that breaks while it is closed reports here instead of ending the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    throw unusable('postgres', `PostgreSQL at ${placeOf(url)}`, error);
  }
}

function unusable(part: Part, what: string, reason: unknown): StackFailure {
  const way = `correct ${partVariables[part]}, or unset it to use the embedded one`;
  return new StackFailure(`${what} cannot be used (${sentenceOf(reason)}): ${way}.`, { cause: reason });
}

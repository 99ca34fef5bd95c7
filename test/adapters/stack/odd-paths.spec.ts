/**
 * The embedded servers below a path that has what breaks programs, is as long as may be, and has a parent that nobody may write
 * to: they start, keep their data there, and find it again.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { EmbeddedOptions, EmbeddedServer } from '../../../stack/embedded/embedded-server.ts';
import { startKafka } from '../../../stack/embedded/kafka.ts';
import { startPostgres } from '../../../stack/embedded/postgres.ts';
import { startRegistry } from '../../../stack/embedded/registry.ts';
import { freePorts } from '../../../stack/ports.ts';
import { pathProblem } from '../../../stack/usable-path.mjs';

const name = "Jo's Größe, 日本語 🚀 #1 (100%) [x] + ~a@b=c&d";
let root: string;
let parent: string;
let folder: string;
const pathBytesMax = 700;
let locale: string | undefined;

beforeAll(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'odd-paths-'));
  // PostgreSQL may run as somebody else, who has to get through: else it goes where nothing is odd.
  chmodSync(root, 0o755);
  parent = join(root, name, 'x'.repeat(200), 'y'.repeat(200));
  folder = join(parent, 'z'.repeat(pathBytesMax - Buffer.byteLength(parent) - 1));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  // Of root it holds for PostgreSQL alone, which runs as somebody else.
  chmodSync(parent, 0o555);
  expect(pathProblem(folder)).toBeNull();
  expect(pathProblem(`${folder}z`)).not.toBeNull();
  // As in a container that says nothing of its language.
  locale = process.env['LC_ALL'];
  process.env['LC_ALL'] = 'C';
});
afterAll(() => {
  if (locale === undefined) delete process.env['LC_ALL'];
  else process.env['LC_ALL'] = locale;
  chmodSync(parent, 0o755);
  rmSync(root, { recursive: true, force: true });
});

async function optionsOf(part: string): Promise<EmbeddedOptions> {
  const [port = 0] = await freePorts(1);
  return {
    port,
    dataDir: join(folder, part),
    logFile: join(folder, 'logs', `${part}.log`),
    onProgress: () => undefined,
  };
}

/** Runs it, stops it, runs it again. */
async function twice(
  start: () => Promise<EmbeddedServer>,
  use: (server: EmbeddedServer, run: number) => Promise<void>,
) {
  for (const run of [1, 2]) {
    const server = await start();
    try {
      expect(server.elsewhere).toBeUndefined();
      await use(server, run);
    } finally {
      await server.stop();
    }
  }
  // What was misread would lie beside it.
  expect(readdirSync(root)).toEqual([name]);
  expect(readdirSync(join(root, name))).toEqual(['x'.repeat(200)]);
  expect(readdirSync(parent)).toHaveLength(1);
}

test('PostgreSQL', async () => {
  const options = await optionsOf('postgres');
  await twice(
    () => startPostgres(options),
    async (server, run) => {
      const client = new pg.Client({ connectionString: server.address });
      await client.connect();
      await client.query('create table if not exists kept (run int)');
      await client.query('insert into kept values ($1)', [run]);
      const { rows } = await client.query<{ count: number }>('select count(*)::int as count from kept');
      expect(rows).toEqual([{ count: run }]);
      await client.end();
      expect(readdirSync(join(options.dataDir, 'cluster'))).toContain('PG_VERSION');
    },
  );
}, 120_000);

test('Kafka', async () => {
  const options = await optionsOf('kafka');
  const [controllerPort = 0] = await freePorts(1);
  await twice(
    () => startKafka({ ...options, controllerPort }),
    () => {
      expect(readdirSync(join(options.dataDir, 'log'))).toContain('meta.properties');
      return Promise.resolve();
    },
  );
}, 180_000);

test('the schema registry', async () => {
  const options = await optionsOf('registry');
  await twice(
    () => startRegistry(options),
    async (server, run) => {
      const schema = JSON.stringify({ schema: '"string"' });
      const url = `${server.address}/subjects/kept/versions`;
      const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
      if (run === 1) expect((await fetch(url, { method: 'POST', headers, body: schema })).status).toBe(200);
      expect(await (await fetch(url)).json()).toEqual([1]);
      expect(readdirSync(options.dataDir)).toContain('schemas.mv.db');
    },
  );
}, 180_000);

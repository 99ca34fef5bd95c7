/**
 * "Backup and restore" of docs/operations.md, with the commands as they stand there: a webhook that was made after the backup is a
 * ghost on Kafka, one that was deleted since is missing, one that was changed differs, until the definitions are published again.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dataOf } from '../../libs/api-client/api-client.ts';
import type { EmbeddedServer } from '../../stack/embedded/embedded-server.ts';
import { startPostgres } from '../../stack/embedded/postgres.ts';
import { freePorts } from '../../stack/ports.ts';
import { repositoryRoot } from '../../stack/repository.ts';
import { startSystem, System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { pathWithPostgresPrograms } from '../support/postgres-programs.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const manual = readFileSync(join(repositoryRoot, 'docs', 'operations.md'), 'utf8');
const path = pathWithPostgresPrograms();
if (path === null) process.stdout.write('not tried, because there is no pg_dump of PostgreSQL 18 here: backups\n');

/** Those that keep something in PostgreSQL. */
const writers = ['management-api', 'projector', 'monitor'] as const;
/** As the operator's folder: it has .data, and the dumps come to lie in it. */
const folder = mkdtempSync(join(tmpdir(), 'webhooks-backups-'));
let postgres: EmbeddedServer;
let startServer: () => Promise<void>;
let system: System;
let client: TestClient;
let receiver: RecordingReceiver;
/** What the stand-in for docker asks to stop and to start. */
let door: Server;

function blockOf(name: string): string {
  const found = new RegExp(`<!-- run: ${name} -->\\n\\n\`\`\`sh\\n([^\`]+)\`\`\``).exec(manual)?.[1];
  if (found === undefined) throw new Error(`docs/operations.md has no block ${name}`);
  return found;
}

/**
 * In place of docker, for the lines of compose and of an image: what is run in a container is run here, against the database of
 * this test; what is stopped and started are the apps of this test.
 */
const docker = `#!/usr/bin/env bash
set -euo pipefail
case "$1 $2" in
  'compose exec') [ "$3 $4" = '-T postgres' ]; shift 4; exec "$@" ;;
  'compose stop') shift 2; exec curl -fsS "$DOOR/stop" --data "$*" ;;
  'compose up') exec curl -fsS "$DOOR/start" --data '' ;;
  'run --rm') [ "$3" = 'postgres:18' ]; shift 3; exec "$@" ;;
  *) echo "docker $*: not one of the manual's lines" >&2; exit 1 ;;
esac
`;

interface Ran {
  readonly code: number;
  readonly said: string;
}

function run(script: string, cwd: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { port } = new URL(postgres.address);
  const env = {
    ...process.env,
    ...system.env,
    PATH: [join(folder, 'bin'), path ?? ''].join(delimiter),
    // As in the container of PostgreSQL, whose programs find their server without being told.
    ...{ PGHOST: '127.0.0.1', PGPORT: port, PGPASSWORD: 'webhooks' },
    ...{ BACKUP: join(folder, 'backup'), DOOR: `http://127.0.0.1:${(door.address() as AddressInfo).port}` },
    ...more,
  };
  return new Promise((resolve) => {
    execFile('bash', ['-euo', 'pipefail', '-c', script], { cwd, env, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` });
    });
  });
}

/** @throws with what it said, when it fails */
async function follow(block: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  expect(await run(blockOf(block), folder, more)).toMatchObject({ code: 0 });
}

const stopWriters = async () => {
  for (const app of writers) await system.kill(app, 'SIGTERM');
};
const startWriters = () => Promise.all(writers.map((app) => system.start(app)));

async function whileStopped(work: () => Promise<void>): Promise<void> {
  await stopWriters();
  await postgres.stop();
  await work();
  await startServer();
  await startWriters();
}

/** Of what the manual has: how a backup is made, and how it is restored. Resolves with the system that has it then. */
interface Way {
  readonly name: string;
  backUp(): Promise<void>;
  restore(): Promise<System>;
}

const ways: readonly Way[] = [
  {
    name: 'npm start',
    backUp: () => whileStopped(() => follow('backup of npm start')),
    restore: async () => {
      await whileStopped(() => follow('restore of npm start'));
      return system;
    },
  },
  {
    name: 'docker compose',
    backUp: () => follow('backup of docker compose'),
    restore: async () => {
      await follow('restore of docker compose');
      return system;
    },
  },
  {
    name: 'a managed database',
    backUp: async () => {
      await follow('backup of a managed database by the image');
      await follow('backup of a managed database');
    },
    restore: async () => {
      const restored = new URL(postgres.address);
      restored.pathname = '/webhooks_restored';
      await follow('restore of a managed database', { RESTORED_URL: restored.href });
      await stopWriters();
      const other = new System({ ...system.env, DATABASE_URL: restored.href }, system.adminKey);
      await other.startAll(writers, {});
      return other;
    },
  },
];

beforeAll(async () => {
  if (path === null) return;
  // PostgreSQL may run as somebody else, who has to get through.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'docker'), docker, { mode: 0o755 });
  const data = join(folder, '.data');
  mkdirSync(data);
  for (const name of ['encryption-keys', 'admin-api-key']) writeFileSync(join(data, name), `${name} of then\n`);
  const [port = 0] = await freePorts(1);
  const options = { port, dataDir: join(data, 'postgres'), logFile: join(folder, 'log'), onProgress: () => undefined };
  startServer = async () => {
    postgres = await startPostgres(options);
  };
  await startServer();
  door = createServer((request, response) => {
    (request.url === '/stop' ? stopWriters() : startWriters()).then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  receiver = await startReceiver();
  system = await startSystem({ env: { DATABASE_URL: postgres.address } });
  client = await createClient(system);
}, 120_000);

afterAll(async () => {
  if (path === null) return;
  await system.stop();
  await receiver.close();
  door.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** The verbs of the manual, line by line: the first says what differs, and that is no success. */
async function publishAgain(of: System): Promise<string> {
  const [dryRun = '', real = '', doctor = ''] = blockOf('after a restore').trim().split('\n');
  const before = await run(dryRun, repositoryRoot, of.env);
  expect(before).toMatchObject({ code: 1 });
  // The doctor finds each kind as well, says what mends it, and is no success.
  const sick = await run(doctor, repositoryRoot, of.env);
  expect(sick.code).toBe(2);
  expect(sick.said).toMatch(
    /✗ definitions .*differs from the database: .*missing.*different.*ghost.*\n +→ npm run republish-definitions/,
  );
  expect(await run(real, repositoryRoot, of.env)).toMatchObject({ code: 0 });
  expect(await run(dryRun, repositoryRoot, of.env)).toMatchObject({ code: 0 });
  const { said } = await run(doctor, repositoryRoot, of.env);
  expect(said).toMatch(/✓ definitions +\S*webhook\.definitions says what the database says/);
  return before.said;
}

(path === null ? describe.skip : describe)('backups-are-restored', () => {
  test.each(ways)(
    'with the commands of $name, and Kafka then says what the database says',
    async (way) => {
      const at = way.name.replaceAll(' ', '-');
      const make = (name: string) =>
        createWebhook(system, client, { url: `${receiver.url}/${at}/${name}`, eventTypes: [at] });
      const api = system.client();
      const [changed, deleted] = [await make('changed'), await make('deleted')];
      await way.backUp();
      const ghost = await make('ghost');
      const patch = { params: { path: { id: changed.id } }, body: { url: `${receiver.url}/${at}/later` } };
      await dataOf(api.PATCH('/v1/webhooks/{id}', patch));
      await api.DELETE('/v1/webhooks/{id}', { params: { path: { id: deleted.id } } });
      // Sent out by the outbox, which is of the database that is lost.
      const definitions = async () =>
        (await system.records('webhook.definitions')).filter(({ key }) => key === deleted.id);
      await until(async () => (await definitions()).at(-1)?.value === null, { timeoutMs: 30_000 });

      const restored = await way.restore();
      const said = await publishAgain(restored);
      expect(said).toMatch(new RegExp(`1 missing \\(${deleted.id}\\), 1 different \\(${changed.id}\\)`));
      expect(said).toMatch(new RegExp(`1 ghosts \\(${ghost.id}\\)`));
      const shown = async (id: string) => (await restored.api('GET', `/v1/webhooks/${id}`)).status;
      expect([await shown(changed.id), await shown(deleted.id), await shown(ghost.id)]).toEqual([200, 200, 404]);
      const pathsOf = () => receiver.requests.map(({ path: to }) => to).filter((to) => to.startsWith(`/${at}/`));
      await until(
        async () => {
          await system.publish([cloudEvent(client, {}, { type: at })]);
          return new Set(pathsOf()).size >= 2;
        },
        { timeoutMs: 30_000, everyMs: 1_000, what: 'an event comes to both that were restored' },
      );
      expect([...new Set(pathsOf())].sort()).toEqual([`/${at}/changed`, `/${at}/deleted`]);
      if (restored !== system) {
        // Its topics are those of the other one.
        for (const app of writers) await restored.kill(app, 'SIGTERM');
        await startWriters();
      }
    },
    240_000,
  );

  test('keys come back with the data', () => {
    expect(readFileSync(join(folder, '.data', 'encryption-keys'), 'utf8')).toBe('encryption-keys of then\n');
    expect(blockOf('restore of npm start')).toContain('encryption-keys');
  });
});

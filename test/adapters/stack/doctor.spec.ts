import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { productVersion } from '../../../libs/runtime/product-version.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { AppProcess } from '../../../stack/app-process.ts';
import { appNames, appScript } from '../../../stack/apps.ts';
import { examineDisk } from '../../../stack/doctor/disk.ts';
import { examine, type AppUrls } from '../../../stack/doctor/examination.ts';
import { exitStatusOf, reportLines, type Finding } from '../../../libs/domain/system/finding.ts';
import type { EmbeddedServer } from '../../../stack/embedded/embedded-server.ts';
import { initialisedFile } from '../../../stack/embedded/postgres-home.ts';
import { startPostgres } from '../../../stack/embedded/postgres.ts';
import { freePorts } from '../../../stack/ports.ts';
import { repositoryRoot } from '../../../stack/repository.ts';
import { setUp } from '../../../stack/setup.ts';
import { buildApps, testStack } from '../../support/test-stack.ts';
import { startOwnServer } from '../../support/own-servers.ts';
import { pathWithPostgresPrograms } from '../../support/postgres-programs.ts';
import { until } from '../../support/until.ts';

let env: Record<string, string>;
/** Nobody listens there. */
let urls: AppUrls;
let closedPort: number;
/** Takes connections and says nothing. */
let silent: Server;
let silentPort: number;
const held = new Set<Socket>();

beforeAll(async () => {
  const stack = await testStack({ kafka: true, registry: true, postgres: true });
  env = {
    KAFKA_BROKERS: stack.kafkaBrokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    DATABASE_URL: await stack.createMigratedDatabase(),
    TOPIC_PREFIX: stack.topicPrefix,
    TOPIC_PARTITIONS: '2',
    TOPIC_REPLICATION: '1',
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  };
  [closedPort = 0] = await freePorts(1);
  urls = Object.fromEntries(appNames.map((app) => [app, `http://127.0.0.1:${closedPort}`])) as AppUrls;
  await setUp(env, createLogger('setup', 'error'));
  silent = createSocketServer((socket) => {
    held.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  ({ port: silentPort } = silent.address() as AddressInfo);
}, 60_000);
afterAll(() => {
  silent.close();
  for (const socket of held) socket.destroy();
});

async function foundWith(changes: Record<string, string> = {}): Promise<readonly Finding[]> {
  return examine({ ...env, ...changes }, urls);
}

function of(findings: readonly Finding[], area: string): readonly Finding[] {
  return findings.filter((finding) => finding.area === area);
}

async function inDatabase(...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: env['DATABASE_URL'] });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** @throws what PostgreSQL says */
async function connected(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
  } finally {
    await client.end();
  }
}

test('a system that was set up lacks nothing but its apps', async () => {
  const findings = await foundWith();
  const wrong = findings.filter(({ severity }) => severity !== 'ok');
  expect(wrong.map(({ area, says }) => `${area}: ${says.split(/ at |;/)[0] ?? ''}`).sort()).toEqual(
    [
      'apps: cannot be reached, for example',
      ...appNames.filter((app) => app !== 'management-api').map((app) => `lag: no ${app} is consuming`),
    ].sort(),
  );
  const right = findings.filter(({ severity }) => severity === 'ok').map(({ area, says }) => `${area}: ${says}`);
  expect(right).toEqual(
    expect.arrayContaining([
      'configuration: every key of every app can be read',
      expect.stringMatching(/^kafka: \d+ brokers? answers?$/),
      expect.stringMatching(/^topics: \d+ topics are as configured$/),
      expect.stringMatching(/^schemas: \d+ schemas are registered and equal to ours$/),
      "clocks: within a second of this machine's clock: PostgreSQL",
      'keys: nothing is sealed yet',
    ]),
  );
}, 60_000);

test('one app runs alone in the Node.js that belongs to it, the doctor finds it, and SIGINT to its launcher ends it', async () => {
  await buildApps();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const launcher = spawn('node', [join(repositoryRoot, 'stack', 'start.mjs'), 'app', 'fanout'], {
    env: { ...env, PATH: process.env['PATH'], HTTP_PORT: String(port) },
    stdio: 'ignore',
  });
  const ended = once(launcher, 'exit');
  const isThere = (path: string) =>
    fetch(`${url}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  try {
    await until(() => isThere('/health/ready'), { timeoutMs: 60_000, everyMs: 250, what: 'the app is ready' });
    const findings = await examine(env, { ...urls, fanout: url });
    expect(of(findings, 'apps')).toMatchObject([{ says: 'fanout is ready' }, { severity: 'warning' }]);
  } finally {
    launcher.kill('SIGINT');
  }
  expect(await ended).toEqual([0, null]);
  expect(await isThere('/health/live')).toBe(false);
}, 90_000);

test('of two apps at once, one of another version, it tells the versions; of a clock that is off, who differs', async () => {
  await buildApps();
  const otherBuild = mkdtempSync(join(repositoryRoot, '.build-other-version-'));
  const [ports, started] = [await freePorts(2), [] as AppProcess[]];
  try {
    cpSync(join(repositoryRoot, 'dist'), otherBuild, { recursive: true });
    setVersion(otherBuild, '0.0.9');
    const scripts = { fanout: appScript('fanout'), projector: join(otherBuild, 'apps', 'projector', 'main.js') };
    for (const [index, [name, script]] of Object.entries(scripts).entries()) {
      const port = ports[index] ?? 0;
      const own = { ...process.env, ...env, HTTP_PORT: String(port), KAFKA_INSTANCE_ID: name };
      started.push(new AppProcess({ name, script, port, env: own, onLine: () => undefined, onDeath: () => undefined }));
    }
    for (const app of started) app.start();
    await Promise.all(started.map((app) => app.untilReady(60_000)));
    const [fanout = '', projector = ''] = started.map(({ url }) => url);
    const running = { ...urls, fanout, projector };
    const told = of(await examine(env, running), 'apps').map(({ severity, says }) => `${severity}: ${says}`);
    expect(told).toContain(`warning: several versions run: ${productVersion} (fanout), 0.0.9 (projector)`);
    const hourMs = 3_600_000;
    const realNow = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + hourMs);
    const findings = await examine(env, running).finally(() => {
      clock.mockRestore();
    });
    expect(of(findings, 'clocks')).toMatchObject(
      ['PostgreSQL', 'fanout'].map((what) => ({
        severity: 'error',
        says: expect.stringMatching(new RegExp(`differ from this machine's: .*${what} 3[56]\\d\\d\\.\\d s behind`)),
        remedy: expect.stringContaining('NTP'),
      })),
    );
  } finally {
    await Promise.all(started.map((app) => app.stop(12_000)));
    rmSync(otherBuild, { recursive: true, force: true });
  }
}, 120_000);

/** In a copy of dist/, as the build of another release has it. */
function setVersion(build: string, version: string): void {
  const files = readdirSync(build, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const told = files.filter((name) => {
    const path = join(build, name);
    const text = readFileSync(path, 'utf8');
    const changed = text.replaceAll(`"${productVersion}"`, `"${version}"`);
    if (changed !== text) writeFileSync(path, changed);
    return changed !== text;
  });
  expect(told).not.toEqual([]);
}

const postgresPath = pathWithPostgresPrograms();
if (postgresPath === null)
  process.stdout.write('not tried, because there is no pg_basebackup of PostgreSQL 18 here: a standby\n');

(postgresPath === null ? test.skip : test)(
  'of a database that is a standby it tells where to write',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webhooks-standby-'));
    chmodSync(folder, 0o755);
    const primary = await startOwnServer('postgres');
    const dataDir = join(folder, 'data');
    let standby: EmbeddedServer | undefined;
    try {
      await setUp({ ...env, DATABASE_URL: primary.address }, createLogger('setup', 'error'));
      mkdirSync(dataDir);
      const copied = spawnSync('pg_basebackup', ['-D', join(dataDir, 'cluster'), '-R', '-d', primary.address], {
        env: { PATH: postgresPath ?? '' },
        encoding: 'utf8',
      });
      expect([copied.status, copied.stderr]).toEqual([0, '']);
      writeFileSync(join(dataDir, initialisedFile), '');
      // Who runs it owns its data, where that is not who we are.
      if (process.getuid?.() === 0) spawnSync('chown', ['-R', 'nobody', dataDir]);
      const [port = 0] = await freePorts(1);
      standby = await startPostgres({ port, dataDir, logFile: join(folder, 'log'), onProgress: () => undefined });
      const found = of(await foundWith({ DATABASE_URL: standby.address }), 'database');
      expect(found[0]).toMatchObject({
        severity: 'error',
        says: expect.stringContaining('standby'),
        remedy: expect.stringContaining('DATABASE_URL'),
      });
      expect(of(await foundWith({ DATABASE_URL: primary.address }), 'database')).toMatchObject([
        { severity: 'ok' },
        { severity: 'ok' },
      ]);
    } finally {
      await standby?.stop();
      await primary.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);

describe('a disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'webhooks-small-disk-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', folder]).status === 0;
  if (!isMounted)
    process.stdout.write('not tried, because no file system can be mounted here: a disk that is nearly full\n');
  afterAll(() => {
    if (isMounted) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  (isMounted ? test : test.skip)(
    'that is nearly full is told with what is left, and one that nobody uses is not',
    () => {
      expect(examineDisk(folder)).toEqual([]);
      mkdirSync(join(folder, 'kafka'));
      writeFileSync(join(folder, 'kafka', 'log'), Buffer.alloc(100_000_000));
      expect(examineDisk(folder)).toMatchObject([
        { area: 'disk', severity: 'error', says: expect.stringMatching(/^only 2(0\d|1[0-5]) MB are free at /) },
      ]);
    },
  );
});

describe('it finds', () => {
  test('topics that are otherwise than configured', async () => {
    const findings = of(await foundWith({ TOPIC_PARTITIONS: '3' }), 'topics');
    expect(findings).toMatchObject([
      { severity: 'notice', says: expect.stringMatching(/^partitions is 2, not 3: \S*platform\.events$/) },
      { severity: 'warning', says: expect.stringMatching(/^partitions is 2, not 3: .* and \d+ more$/) },
    ]);
  }, 60_000);

  test('topics and schemas that are not there', async () => {
    const findings = await foundWith({ TOPIC_PREFIX: `${env['TOPIC_PREFIX'] ?? ''}other.` });
    expect(of(findings, 'topics')).toMatchObject([{ severity: 'error', remedy: expect.stringContaining('setup') }]);
    expect(of(findings, 'schemas')).toMatchObject([
      { severity: 'error', says: expect.stringMatching(/^missing: .*webhook\.events-value, .*webhook\.dead-value/) },
    ]);
  }, 60_000);

  test('a schema of somebody else, which ours does not fit', async () => {
    const prefix = `${env['TOPIC_PREFIX'] ?? ''}unfit.`;
    const other = { type: 'record', name: 'Other', fields: [{ name: 'x', type: 'int' }] };
    const say = async (method: string, path: string, body: object) => {
      const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
      const url = `${env['SCHEMA_REGISTRY_URL'] ?? ''}${path}`;
      expect((await fetch(url, { method, headers, body: JSON.stringify(body) })).status).toBe(200);
    };
    await say('POST', `/subjects/${prefix}webhook.dead-value/versions`, { schema: JSON.stringify(other) });
    await say('PUT', `/config/${prefix}webhook.dead-value`, { compatibility: 'BACKWARD_TRANSITIVE' });
    const unfit = of(await foundWith({ TOPIC_PREFIX: prefix }), 'schemas').find(({ says }) => says.includes('other'));
    expect(unfit).toMatchObject({ severity: 'error', says: expect.stringContaining('ours is not compatible') });
  }, 60_000);

  test('keys that are gone, and webhooks whose URL is refused', async () => {
    const sealed = new SecretBox([env['ENCRYPTION_KEYS'] ?? '']).seal('whsec');
    await inDatabase(
      `insert into client (id, name, created_at) values ('c', 'c', now())`,
      `insert into webhook (id, client_id, url, event_types, is_active, format, ordering, max_in_flight, timeout_ms,
         retry_policy, signature_algorithm, masked_headers, version, created_at, updated_at)
       values ('w', 'c', 'https://10.0.0.1/hook', '[]', true, 'json', 'inOrder', 1, 5000, '{}', 'hmac-sha256', '{}', 1, now(), now())`,
      `insert into webhook_secret (id, webhook_id, sealed, created_at) values ('s', 'w', '${sealed}', now())`,
    );
    expect(of(await foundWith(), 'keys')).toMatchObject([
      { severity: 'ok', says: expect.stringMatching(/secrets of webhooks .*: 1, they open/) },
    ]);
    await inDatabase(
      `insert into idempotency_key (owner, key, request_hash, response_status, response_body, created_at, expires_at) values
         ('o', 'kept', 'x', 201, '${sealed}', now(), now() + interval '1 hour'),
         ('o', 'over', 'x', 201, 'v1.k0.n.s', now(), now() - interval '1 hour'),
         ('o', 'under way', 'x', null, null, now(), now() + interval '1 hour')`,
    );
    const key = `k2:${randomBytes(32).toString('base64')}`;
    const findings = await foundWith({ ENCRYPTION_KEYS: key });
    expect(of(findings, 'keys')).toMatchObject([
      { severity: 'error', remedy: expect.stringContaining('add k1') },
      { severity: 'warning', says: expect.stringMatching(/answers .* key k1: 1, but/) },
    ]);
    expect(of(findings, 'egress')).toMatchObject([
      { severity: 'warning', says: expect.stringMatching(/^1 of 1 .* w: 10\.0\.0\.1 is refused/) },
    ]);
    expect(JSON.stringify(findings)).not.toContain(key.slice(3));
  }, 60_000);

  test('an index that is missing, and one that is half made', async () => {
    await inDatabase(
      'drop index audit_entry_actor',
      `update pg_index set indisvalid = false where indexrelid = 'audit_entry_at'::regclass`,
    );
    const found = of(await foundWith(), 'database').filter(({ severity }) => severity !== 'ok');
    expect(found).toMatchObject([
      { severity: 'warning', says: 'indexes missing: audit_entry_actor; half made: audit_entry_at' },
    ]);
    await setUp(env, createLogger('setup', 'error'));
    expect(of(await foundWith(), 'database').filter(({ severity }) => severity !== 'ok')).toEqual([]);
  }, 60_000);

  test('a database of a newer release, and one that cannot be written', async () => {
    const name = `"${new URL(env['DATABASE_URL'] ?? '').pathname.slice(1)}"`;
    await inDatabase(
      `insert into migration (name, executed_at) values ('9999-later', now())`,
      `alter database ${name} set default_transaction_read_only = on`,
    );
    const found = await foundWith().finally(() =>
      inDatabase(
        'set default_transaction_read_only = off',
        `delete from migration where name = '9999-later'`,
        `alter database ${name} reset default_transaction_read_only`,
      ),
    );
    const wrong = of(found, 'database').filter(({ severity }) => severity !== 'ok');
    expect(wrong).toMatchObject([
      { severity: 'error', says: expect.stringContaining('read-only') },
      { severity: 'warning', says: expect.stringContaining('9999-later') },
    ]);
  }, 60_000);

  test('a database that is behind', async () => {
    await inDatabase(`delete from migration where name = '0001-initial'`);
    const wrong = of(await foundWith(), 'database').filter(({ severity }) => severity === 'error');
    expect(wrong).toMatchObject([{ says: 'migrations that did not run: 0001-initial' }]);
  }, 60_000);

  test.each([
    ['are away', () => closedPort, [/\(connection refused\)/, /nothing listens/, /nothing listens/]],
    ['hang', () => silentPort, [/answers nothing/, /answers nothing/, /does not answer/]],
  ] as const)(
    'servers that %s, each by itself, the cause first and what to do below it',
    async (_, port, said) => {
      const nowhere = `127.0.0.1:${port()}`;
      const findings = await foundWith({
        KAFKA_BROKERS: nowhere,
        SCHEMA_REGISTRY_URL: `http://${nowhere}`,
        DATABASE_URL: `postgresql://u:planted-password@${nowhere}/d`,
      });
      for (const [index, area] of ['kafka', 'schemas', 'database'].entries()) {
        expect(of(findings, area)).toMatchObject([
          { severity: 'error', says: expect.stringMatching(said[index] ?? /^$/) },
        ]);
      }
      const lines = reportLines(findings);
      expect([lines[0], lines[1]]).toEqual([
        expect.stringMatching(/^✗ kafka /),
        expect.stringMatching(/^ +→ .*KAFKA_BROKERS/),
      ]);
      expect(exitStatusOf(findings)).toBe(2);
      expect(JSON.stringify(findings)).not.toContain('planted-password');
    },
    60_000,
  );

  test('a password that is refused', async () => {
    const url = new URL(env['DATABASE_URL'] ?? '');
    url.password = 'wrong';
    const found = of(await foundWith({ DATABASE_URL: url.href }), 'database');
    expect(found).toMatchObject([{ says: expect.stringContaining('refuses the login') }]);
  }, 60_000);

  test('a database whose name is misspelt is told, and not made', async () => {
    const url = new URL(env['DATABASE_URL'] ?? '');
    url.pathname = '/webhoks_misspelt';
    const found = of(await foundWith({ DATABASE_URL: url.href }), 'database');
    expect(found).toMatchObject([{ severity: 'error', says: expect.stringContaining('webhoks_misspelt') }]);
    await expect(connected(url.href)).rejects.toThrow('does not exist');
  }, 60_000);

  test.each([401, 404])(
    'a registry that answers %i, and says nothing of schemas',
    async (status) => {
      const registry = createServer((_, response) => response.writeHead(status).end('no page here'));
      await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
      const { port } = registry.address() as AddressInfo;
      try {
        const found = of(await foundWith({ SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` }), 'schemas');
        expect(found.some(({ severity }) => severity === 'error')).toBe(true);
        expect(found.map(({ says }) => says).join()).toContain(String(status));
      } finally {
        registry.close();
      }
    },
    60_000,
  );

  test('TLS against a broker that speaks plain', async () => {
    const found = of(await foundWith({ KAFKA_TLS: 'true' }), 'kafka');
    expect(found).toMatchObject([{ severity: 'error', remedy: expect.stringContaining('KAFKA_TLS=false') }]);
  }, 60_000);

  test('a configuration that no app could start with, before it asks anybody', async () => {
    const findings = await foundWith({ DISPATCH_MAX_IN_FLIGHT: 'many', ENCRYPTION_KEYS: 'short' });
    expect(findings).toMatchObject([
      { area: 'configuration', severity: 'error', remedy: expect.stringContaining('for management-api, dispatcher') },
      { area: 'configuration', severity: 'error', remedy: expect.stringContaining('for dispatcher') },
    ]);
  });
});

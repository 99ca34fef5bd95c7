/** One broker as clusters are locked: each way in by a listener of its own, and an authorizer behind them. */
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KafkaClient, kafkaConnection } from '../../../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { TopicAdmin } from '../../../libs/kafka/cluster/topic-admin.ts';
import { connectionKeys } from '../../../libs/runtime/config-keys.ts';
import { readConfig } from '../../../libs/runtime/config.ts';
import { topics } from '../../../libs/wire/topics.ts';
import { platformGrantsOf, type Grant } from '../../../libs/wire/access.ts';
import { Registry } from '../../../libs/wire/registry.ts';
import { appNames } from '../../../stack/apps.ts';
import { examine, type AppUrls } from '../../../stack/doctor/examination.ts';
import type { EmbeddedServer } from '../../../stack/embedded/embedded-server.ts';
import { startKafka } from '../../../stack/embedded/kafka.ts';
import { freePorts } from '../../../stack/ports.ts';
import { startSystem } from '../../support/app-harness.ts';
import { runCli } from '../../support/cli-process.ts';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { until } from '../../support/until.ts';
import { webhookDefinition } from '../../support/webhook-definition.ts';
import { keptLog, Reader, soon } from './kafka-world.ts';
import { allow, lockedSettings, type LockedPorts } from './locked-broker.ts';

const authority = createAuthority();
const own = authority.issue();
const password = 'correct horse';
const topic = 'locked';
const folder = mkdtempSync(join(tmpdir(), 'webhooks-locked-'));
const log = keptLog();
type Way = Exclude<keyof LockedPorts, 'controller'>;
let broker: EmbeddedServer;
/** By the listener where everything is allowed. */
let open: KafkaClient;
let tokens: Server;
let ports: LockedPorts;
let tokensIssued = 0;

/** A server that issues tokens as Kafka's validator of unsigned ones takes them (RFC 7515, appendix A.5). */
async function startTokenServer(): Promise<Server> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const server = createServer((request, response) => {
    const [name = '', secret = ''] = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
      .toString()
      .split(':');
    if (secret !== 'well-known') {
      response.writeHead(401).end('{"error":"invalid_client"}');
      return;
    }
    tokensIssued++;
    const now = Math.floor(Date.now() / 1000);
    const token = `${part({ alg: 'none' })}.${part({ sub: name, iat: now, exp: now + 16 })}.`;
    response.end(JSON.stringify({ access_token: token, expires_in: 16 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

beforeAll(async () => {
  const [plain = 0, mtls = 0, scram = 0, oauth = 0, controller = 0] = await freePorts(5);
  ports = { plain, mtls, scram, oauth, controller };
  [broker, tokens] = await Promise.all([
    startKafka({
      port: plain,
      controllerPort: controller,
      dataDir: join(folder, 'data'),
      logFile: join(folder, 'log'),
      settings: lockedSettings(authority, ports),
      scramUsers: { webhooks: password },
      onProgress: () => undefined,
    }),
    startTokenServer(),
  ]);
  open = new KafkaClient(connection('plain', {}), log.logger);
  await make(topic);
  for (const principal of ['User:CN=Test endpoint', 'User:webhooks']) await allow(open, principal, grants);
}, 120_000);
afterAll(async () => {
  tokens.close();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function make(name: string): Promise<void> {
  const admin = new TopicAdmin(open);
  await admin.ensure([{ name, partitions: 1, replication: 1, config: {} }]);
  await admin.close();
}

function connection(listener: Way, env: Record<string, string>) {
  const tls = listener === 'plain' ? {} : { KAFKA_TLS: 'true', KAFKA_TLS_CA: authority.cert };
  const brokers = { KAFKA_BROKERS: `127.0.0.1:${ports[listener]}` };
  return kafkaConnection(readConfig(connectionKeys, { ...brokers, ...tls, ...env }), 'locked');
}

/** What a producer and a member of a group need. */
const grants: readonly Grant[] = [
  { resource: 'topic', name: topic, operation: 'Read' },
  { resource: 'topic', name: topic, operation: 'Write' },
  { resource: 'group', name: 'locked-group', operation: 'Read' },
];

const sealed = createPrivateKey(own.key)
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
  .toString();
const scram = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'webhooks' };
const oauth = () => ({
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_OAUTH_TOKEN_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
  KAFKA_OAUTH_CLIENT_ID: 'webhooks',
});

test.each<[string, Way, () => Record<string, string>]>([
  ['a certificate and its key', 'mtls', () => ({ KAFKA_TLS_CERT: own.cert, KAFKA_TLS_KEY: own.key })],
  [
    'a certificate and its encrypted key',
    'mtls',
    () => ({ KAFKA_TLS_CERT: own.cert, KAFKA_TLS_KEY: sealed, KAFKA_TLS_KEY_PASSPHRASE: 'open sesame' }),
  ],
  ['SCRAM over TLS', 'scram', () => ({ ...scram, KAFKA_SASL_PASSWORD: password })],
  ['a token', 'oauth', () => ({ ...oauth(), KAFKA_OAUTH_CLIENT_SECRET: 'well-known' })],
])(
  '%s is a way in, to write and to read',
  async (what, listener, env) => {
    const client = new KafkaClient(connection(listener, env()), log.logger);
    const sink = new RecordSink(client, log.logger);
    const reader = new Reader(client, { groupId: 'locked-group', subscriptions: [topic] }, log.logger);
    const has = (text: string) => reader.records.some(({ value }) => value?.toString() === text);
    const passes = async (text: string) => {
      await sink.append([{ topic, key: null, value: Buffer.from(text) }]);
      await until(() => has(text), soon);
    };
    try {
      await reader.start();
      await passes(what);
      if (listener !== 'oauth') return;
      const before = tokensIssued;
      // Both go on over the end of a session and of its token, and lose nothing.
      for (let second = 1; second <= 13; second++) {
        await passes(`${what} ${second}`);
        await pause(1_000);
      }
      expect(tokensIssued).toBeGreaterThan(before);
      expect(reader.assigned).toHaveLength(1);
    } finally {
      await reader.stop();
      await sink.close();
    }
  },
  60_000,
);

test.each<[string, Way, () => Record<string, string>, RegExp]>([
  ['no certificate', 'mtls', () => ({}), /certificate|closed|ECONNRESET/i],
  ['a wrong password', 'scram', () => ({ ...scram, KAFKA_SASL_PASSWORD: 'wrong' }), /SASL|credentials/i],
  [
    'a secret that the provider of tokens does not take',
    'oauth',
    () => ({ ...oauth(), KAFKA_OAUTH_CLIENT_SECRET: 'wrong' }),
    /no token from 127\.0\.0\.1:\d+: it answers 401, invalid_client/,
  ],
])(
  '%s is refused, and the reason is told',
  async (_what, listener, env, told) => {
    const admin = new TopicAdmin(new KafkaClient(connection(listener, env()), log.logger));
    try {
      await expect(admin.holdings([topic])).rejects.toThrow(told);
    } finally {
      await admin.close();
    }
  },
  60_000,
);

test.each<[string, Way, () => Record<string, string>, string, RegExp, RegExp]>([
  [
    'a wrong password',
    'scram',
    () => ({ ...scram, KAFKA_SASL_PASSWORD: 'wrong' }),
    'kafka',
    /refuse the login/,
    /SASL_PASSWORD/,
  ],
  ['plain against TLS', 'mtls', () => ({ KAFKA_TLS: 'false' }), 'kafka', /speaks TLS/, /KAFKA_TLS=true/],
  [
    'no rights',
    'scram',
    () => ({ ...scram, KAFKA_SASL_PASSWORD: password }),
    'topics',
    /this user may not see .*platform\.events/,
    /acls/,
  ],
])(
  'the doctor says what is wrong and what to do: %s',
  async (_what, listener, more, area, says, remedy) => {
    const env = {
      KAFKA_BROKERS: `127.0.0.1:${ports[listener]}`,
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA: authority.cert,
      DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/d',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
      ...more(),
    };
    if (env.KAFKA_TLS === 'false') Reflect.deleteProperty(env, 'KAFKA_TLS_CA');
    const urls = Object.fromEntries(appNames.map((app) => [app, 'http://127.0.0.1:1'])) as AppUrls;
    const wrong = (await examine(env, urls)).filter((finding) => finding.area === area && finding.severity !== 'ok');
    expect(wrong).toMatchObject([
      { severity: 'error', says: expect.stringMatching(says), remedy: expect.stringMatching(remedy) },
    ]);
  },
  60_000,
);

test("events come from the platform's locked cluster, and all else is on the system's own", async () => {
  const event = (id: string) => ({ specversion: '1.0', id, source: '/shop', type: 'order.created', clientid: 'acme' });
  const system = await startSystem({
    apps: [],
    env: {
      PLATFORM_KAFKA_BROKERS: `127.0.0.1:${ports.scram}`,
      PLATFORM_KAFKA_TLS: 'true',
      PLATFORM_KAFKA_TLS_CA: authority.cert,
      PLATFORM_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      PLATFORM_KAFKA_SASL_USERNAME: 'webhooks',
      PLATFORM_KAFKA_SASL_PASSWORD: password,
      PLATFORM_TOPICS: 'shop.orders',
    },
  });
  const there = new RecordSink(open, log.logger);
  const produce = (...values: readonly string[]) =>
    there.append(values.map((value) => ({ topic: 'shop.orders', key: null, value: Buffer.from(value) })));
  const prefix = system.env['TOPIC_PREFIX'] ?? '';
  const registry = new Registry({
    url: system.env['SCHEMA_REGISTRY_URL'] ?? '',
    username: null,
    password: null,
    topicPrefix: prefix,
  });
  const deliveries = await registry.codec(topics.deliveries);
  const delivered = async () =>
    (await system.records('webhook.deliveries')).map(
      ({ value }) => deliveries.decode(value ?? Buffer.alloc(0))?.eventId,
    );
  const arrive = async (...ids: readonly string[]) => {
    await until(async () => (await delivered()).length >= ids.length, { timeoutMs: 30_000, what: ids.join(', ') });
    expect((await delivered()).sort()).toEqual([...ids].sort());
  };
  try {
    await make('shop.orders');
    const needed = (['fanout', 'operator'] as const).flatMap((role) => platformGrantsOf(role, prefix, ['shop.orders']));
    await allow(open, 'User:webhooks', needed);
    const definitions = await registry.codec(topics.definitions);
    const definition = definitions.encode(webhookDefinition('w-acme', { updatedAt: Date.now() }));
    await system.publishRaw([{ key: 'w-acme', value: definition }], { topic: 'webhook.definitions' });
    await system.startAll(['fanout'], {});

    await produce(JSON.stringify(event('there')), 'no event');
    await system.publish([event('here')]);
    await arrive('there', 'here');
    let rejected: Awaited<ReturnType<typeof system.records>> = [];
    const isRejected = async () => {
      rejected = await system.records('platform.events.rejected');
      return rejected.length > 0;
    };
    await until(isRejected, { timeoutMs: 20_000, everyMs: 250, what: 'what is no event on the topic of rejected' });
    expect(rejected.map(({ value, headers }) => [value?.toString(), headers['source-topic']?.toString()])).toEqual([
      ['no event', 'shop.orders'],
    ]);

    // What it has done it knows of both clusters, and what is asked there is asked there.
    await system.kill('fanout', 'SIGTERM');
    await produce(JSON.stringify(event('there-2')));
    const urls = Object.fromEntries(appNames.map((app) => [app, 'http://127.0.0.1:1'])) as AppUrls;
    const told = (await examine({ ...system.env }, urls)).map(({ area, says }) => `${area}: ${says}`);
    expect(told).toEqual(
      expect.arrayContaining([
        "kafka: 1 broker answers on the platform's cluster",
        "lag: no fanout is consuming on the platform's cluster; 1 records wait",
        'lag: no fanout is consuming; 0 records wait',
      ]),
    );
    const mapped = await runCli(['map', '--topic', 'shop.orders', '--json'], system.env);
    expect(JSON.parse(mapped.stdout)).toMatchObject({ topic: 'shop.orders', counts: { event: 2, rejected: 1 } });
    await system.start('fanout');
    await arrive('there', 'here', 'there-2');

    // It holds its connections and answers nothing: what comes from ours waits for nobody.
    process.kill(broker.pid ?? 0, 'SIGSTOP');
    await system.publish([event('here-2')]);
    await arrive('there', 'here', 'there-2', 'here-2');
  } finally {
    process.kill(broker.pid ?? 0, 'SIGCONT');
    await Promise.all([there.close(), system.stop()]);
  }
}, 120_000);

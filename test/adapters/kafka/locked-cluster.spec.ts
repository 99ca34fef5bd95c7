/** One broker as clusters are locked: each way in by a listener of its own, and an authorizer behind them. */
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { KafkaClient, kafkaConnection } from '../../../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { TopicAdmin } from '../../../libs/kafka/cluster/topic-admin.ts';
import { connectionKeys } from '../../../libs/runtime/config-keys.ts';
import { readConfig } from '../../../libs/runtime/config.ts';
import type { EmbeddedServer } from '../../../stack/embedded/embedded-server.ts';
import { startKafka } from '../../../stack/embedded/kafka.ts';
import { freePorts } from '../../../stack/ports.ts';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { until } from '../../support/until.ts';
import { keptLog, Reader, soon } from './kafka-world.ts';

const authority = createAuthority();
const own = authority.issue();
const password = 'correct horse';
const topic = 'locked';
const folder = mkdtempSync(join(tmpdir(), 'webhooks-locked-'));
const log = keptLog();
let broker: EmbeddedServer;
let tokens: Server;
let ports: Readonly<Record<'plain' | 'mtls' | 'scram' | 'oauth', number>>;
let tokensIssued = 0;

/** As a file of properties holds it. */
const pem = (text: string) => text.trim().replaceAll('\n', '\\n');
const jaas = (module: string) => `org.apache.kafka.common.security.${module} required;`;

function settings(): Record<string, string> {
  const { cert, key } = authority.issue();
  const listeners = Object.entries(ports).map(([name, port]) => `${name.toUpperCase()}://127.0.0.1:${port}`);
  return {
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': listeners.join(','),
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,MTLS:SSL,SCRAM:SASL_SSL,OAUTH:SASL_SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': pem(cert),
    'ssl.keystore.key': pem(key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': pem(authority.cert),
    'listener.name.mtls.ssl.client.auth': 'required',
    'listener.name.scram.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.scram.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule'),
    'listener.name.oauth.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.oauth.oauthbearer.sasl.jaas.config': jaas('oauthbearer.OAuthBearerLoginModule'),
    // A session ends with its token; kafkajs begins the next one ten seconds before.
    'listener.name.oauth.oauthbearer.connections.max.reauth.ms': '12000',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  };
}

let controllerPort = 0;

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
  ports = { plain, mtls, scram, oauth };
  controllerPort = controller;
  [broker, tokens] = await Promise.all([
    startKafka({
      port: plain,
      controllerPort,
      dataDir: join(folder, 'data'),
      logFile: join(folder, 'log'),
      settings: settings(),
      scramUsers: { webhooks: password },
      onProgress: () => undefined,
    }),
    startTokenServer(),
  ]);
  const open = new KafkaClient(connection('plain', {}), log.logger);
  const topics = new TopicAdmin(open);
  await topics.ensure([{ name: topic, partitions: 1, replication: 1, config: {} }]);
  await topics.close();
  await allow(open, ['User:CN=Test endpoint', 'User:webhooks']);
}, 120_000);
afterAll(async () => {
  tokens.close();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

function connection(listener: keyof typeof ports, env: Record<string, string>) {
  const tls = listener === 'plain' ? {} : { KAFKA_TLS: 'true', KAFKA_TLS_CA: authority.cert };
  const brokers = { KAFKA_BROKERS: `127.0.0.1:${ports[listener]}` };
  return kafkaConnection(readConfig(connectionKeys, { ...brokers, ...tls, ...env }), 'locked');
}

/** What a producer and a member of a group need, and nothing else. */
async function allow(client: KafkaClient, principals: readonly string[]): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
  const ofTopic = { resourceType: AclResourceTypes.TOPIC, resourceName: topic };
  const acl = principals.flatMap((principal) =>
    [
      { ...ofTopic, operation: AclOperationTypes.READ },
      { ...ofTopic, operation: AclOperationTypes.WRITE },
      { resourceType: AclResourceTypes.GROUP, resourceName: 'locked-group', operation: AclOperationTypes.READ },
    ].map((entry) => ({
      ...entry,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
  await admin.createAcls({ acl });
  await admin.disconnect();
}

const sealed = createPrivateKey(own.key)
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
  .toString();
const scram = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'webhooks' };
const oauth = () => ({
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_OAUTH_TOKEN_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
  KAFKA_OAUTH_CLIENT_ID: 'webhooks',
});

test.each<[string, keyof typeof ports, () => Record<string, string>]>([
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

test.each<[string, keyof typeof ports, () => Record<string, string>, RegExp]>([
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

/**
 * A broker that allows nothing but what `deeperhub-webhooks acls` prints, and the whole system on it, each app as a user of
 * its own: setup, deliveries, retries, what is published over HTTP, the doctor.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { createLogger } from '../../libs/runtime/logger.ts';
import { accessRoles, grantsOf, type AccessOperation, type AccessRole } from '../../libs/wire/access.ts';
import { appNames } from '../../stack/apps.ts';
import { examine, type AppUrls } from '../../stack/doctor/examination.ts';
import type { EmbeddedServer } from '../../stack/embedded/embedded-server.ts';
import { startKafka } from '../../stack/embedded/kafka.ts';
import { freePorts } from '../../stack/ports.ts';
import { setUp } from '../../stack/setup.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries } from '../support/clients.ts';
import { startReceiver } from '../support/receivers/recording-receiver.ts';
import { testStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const prefix = `least-${randomBytes(4).toString('hex')}.`;
const platformTopic = `${prefix}platform.events`;
const folder = mkdtempSync(join(tmpdir(), 'webhooks-least-'));
const password = 'correct-horse';
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes, Kafka, logLevel } = kafkajs;

let broker: EmbeddedServer;
let system: System;
let locked = '';

const login = (role: AccessRole) => ({
  KAFKA_BROKERS: locked,
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: role,
  KAFKA_SASL_PASSWORD: password,
});

beforeAll(async () => {
  const [open = 0, port = 0, controllerPort = 0] = await freePorts(3);
  locked = `127.0.0.1:${port}`;
  const listeners = `PLAINTEXT://127.0.0.1:${open},LOCKED://${locked}`;
  broker = await startKafka({
    port: open,
    controllerPort,
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'log'),
    scramUsers: Object.fromEntries(accessRoles.map((role) => [role, password])),
    settings: {
      listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': listeners,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOCKED:SASL_PLAINTEXT',
      'listener.name.locked.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.locked.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
    onProgress: () => undefined,
  });
  await allow(broker.address);
  const env = { KAFKA_BROKERS: broker.address, TOPIC_PREFIX: prefix };
  const stack = await testStack({ registry: true, postgres: true });
  const own = { SCHEMA_REGISTRY_URL: stack.registryUrl, DATABASE_URL: await stack.createMigratedDatabase() };
  const sizes = { TOPIC_PARTITIONS: '4', TOPIC_REPLICATION: '1' };
  await setUp({ ...env, ...own, ...sizes, ...login('setup') }, createLogger('setup', 'error'));
  system = await startSystem({ env: { ...env, ...own }, envOf: login });
}, 240_000);
afterAll(async () => {
  await system.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const operations: Readonly<Record<AccessOperation, (typeof AclOperationTypes)[keyof typeof AclOperationTypes]>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

async function allow(brokers: string): Promise<void> {
  const admin = new Kafka({ clientId: 'granter', brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createAcls({
    acl: accessRoles.flatMap((role) =>
      grantsOf(role, prefix, [platformTopic]).map(({ resource, name, operation }) => ({
        resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
        resourceName: name,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: `User:${role}`,
        host: '*',
        operation: operations[operation],
        permissionType: AclPermissionTypes.ALLOW,
      })),
    ),
  });
  await admin.disconnect();
}

test('every app does its work with what it is allowed', async () => {
  const client = await createClient(system);
  const receiver = await startReceiver({ respond: (_, index) => (index === 0 ? { status: 500 } : {}) });
  const retryPolicy = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 1_000, backoffFactor: 1, jitter: 0 };
  try {
    await createWebhook(system, client, { url: receiver.url, eventTypes: ['*'], retryPolicy });
    // As the platform's own user would produce them.
    const platform = new Kafka({
      clientId: 'platform',
      brokers: [locked],
      sasl: { mechanism: 'scram-sha-512', username: 'platform', password },
      logLevel: logLevel.NOTHING,
    }).producer();
    await platform.connect();
    await platform.send({
      topic: platformTopic,
      messages: [{ value: JSON.stringify(cloudEvent(client, {}, { type: 'over.kafka' })) }],
    });
    await platform.disconnect();
    const published = await system.api('POST', '/v1/events', { type: 'over.http', clientId: client.id, data: {} });
    expect(published.status).toBe(202);
    const isDone = async (eventType: string) => {
      const [delivery] = await listDeliveries(system, client, { eventType });
      return delivery?.status === 'delivered';
    };
    await until(async () => (await isDone('over.kafka')) && (await isDone('over.http')), { timeoutMs: 60_000 });
    expect(receiver.requests.length).toBeGreaterThanOrEqual(3);
    expect(system.unexpectedDeaths).toEqual([]);
    // What it may not read it does not tell at once: the copies of events it gives up after ten seconds, in other words.
    const refused = /not authorized|authorization.failed|forbidden|not all copies of recent events are known/i;
    for (const app of appNames) expect(system.logs(app).filter((line) => refused.test(line))).toEqual([]);
  } finally {
    await receiver.close();
  }
}, 120_000);

test('the doctor finds nothing wrong with what the operator is allowed', async () => {
  const urls = Object.fromEntries(appNames.map((app) => [app, system.url(app)])) as AppUrls;
  const findings = await examine({ ...system.env, ...login('operator') }, urls);
  const wrong = findings.filter(({ severity }) => severity === 'error' || severity === 'warning');
  expect(wrong.map(({ area, says }) => `${area}: ${says}`)).toEqual([]);
}, 60_000);

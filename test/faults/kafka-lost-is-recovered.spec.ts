/** The recipe "Kafka was lost" of docs/operations.md, on the real system. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KafkaClient, kafkaConnection } from '../../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../../libs/kafka/cluster/topic-admin.ts';
import { readConfig } from '../../libs/runtime/config.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { appNames } from '../../stack/apps.ts';
import type { TopicComparison } from '../../stack/definitions-comparison.ts';
import { republishDefinitions } from '../../stack/republish-definitions.ts';
import { setupConfig } from '../../stack/setup-config.ts';
import { setUp } from '../../stack/setup.ts';
import { wantedTopics } from '../../stack/wanted-topics.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, listDeliveries, type TestClient } from '../support/clients.ts';
import { NumberedStream } from '../support/numbered-stream.ts';
import { until } from '../support/until.ts';

const webhooks = 5;
const logger = createLogger('test', 'silent');
let system: System;
let client: TestClient;
let stream: NumberedStream;

beforeAll(async () => {
  system = await startSystem();
  client = await createClient(system);
  stream = await NumberedStream.start(system, client, { name: 'lost', webhooks });
}, 120_000);

afterAll(async () => {
  await stream.close();
  await system.stop();
}, 60_000);

async function delivered(): Promise<number> {
  return (await listDeliveries(system, client, { status: 'delivered' })).length;
}

async function loseTopics(): Promise<void> {
  const config = readConfig(setupConfig, system.env);
  const admin = new TopicAdmin(new KafkaClient(kafkaConnection(config, 'test'), logger));
  const names = wantedTopics(config).map(({ name }) => name);
  await admin.remove(names);
  await until(async () => (await admin.holdings(names)).size === 0, { timeoutMs: 30_000, what: 'the topics are gone' });
  await admin.close();
}

async function republish(isDryRun: boolean) {
  let found: readonly TopicComparison[] = [];
  const result = await republishDefinitions(system.env, {
    isDryRun,
    isAll: false,
    signal: new AbortController().signal,
    onCompared: (comparisons) => (found = comparisons),
    onWritten: () => undefined,
    onWaiting: () => undefined,
  });
  return { ...result, definitions: found.find(({ topic }) => topic === 'webhook.definitions') };
}

test('kafka-lost-is-recovered: what was configured is in force again, and everything new is delivered', async () => {
  await stream.publish(10);
  await until(async () => (await delivered()) === stream.published, { timeoutMs: 60_000, what: 'the first are in' });
  await Promise.all(appNames.map((app) => system.kill(app, 'SIGTERM')));
  await loseTopics();
  await setUp(system.env, logger);
  expect((await republish(true)).definitions).toMatchObject({ same: [], different: [], ghosts: [] });
  await system.start('management-api');
  expect(await republish(false)).toMatchObject({ waiting: 0, definitions: { missing: { length: webhooks } } });
  const after = await republish(true);
  expect(after.definitions).toMatchObject({ missing: [], different: [], ghosts: [], same: { length: webhooks } });
  await Promise.all(appNames.filter((app) => app !== 'management-api').map((app) => system.start(app)));
  const before = stream.published;
  await stream.publish(100 / webhooks);
  expect(stream.published).toBe(before + 100);
  await until(async () => (await delivered()) === stream.published, { timeoutMs: 60_000, what: 'all are in' });
  for (const app of ['projector', 'monitor'] as const) {
    expect(system.logs(app).some((line) => line.includes('a stored position is impossible'))).toBe(true);
  }
}, 240_000);

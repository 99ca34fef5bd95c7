import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { runCli } from '../support/cli-process.ts';
import { cloudEvent, createClient, createWebhook, type TestClient, type TestWebhook } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

/** Its endpoint takes 15 a minute. */
const slowMs = 4_000;
const slowEvents = 80;

let system: System;
let receiver: RecordingReceiver;
let client: TestClient;
let slow: TestWebhook;
let calm: TestWebhook;
let unwell: TestWebhook;

beforeAll(async () => {
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'retry-scheduler', 'projector', 'monitor', 'management-api'],
  });
  // Every fifth request fails, but for those of the calm one.
  receiver = await startReceiver({
    respond: ({ path }, index) => ({
      status: path !== '/calm' && index % 5 === 0 ? 503 : 200,
      delayMs: path === '/slow' ? slowMs : 0,
    }),
  });
  client = await createClient(system);
  await registered(system, 3, async () => {
    const webhook = (name: string) =>
      createWebhook(system, client, { url: `${receiver.url}/${name}`, eventTypes: [`${name}.sent`] });
    [slow, calm, unwell] = [await webhook('slow'), await webhook('calm'), await webhook('unwell')];
  });
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

const healthOf = ({ id }: TestWebhook) =>
  dataOf(system.client(client.key).GET('/v1/webhooks/{id}/health', { params: { path: { id } } }));

const publish = (name: string, count: number) =>
  system.publish(Array.from({ length: count }, () => cloudEvent(client, {}, { type: `${name}.sent` })));

test('a webhook that gets more than its endpoint takes is told, and no other', async () => {
  await publish('slow', slowEvents);
  const others: boolean[] = [];
  await until(
    async () => {
      await Promise.all([publish('calm', 1), publish('unwell', 1)]);
      for (const webhook of [calm, unwell]) others.push((await healthOf(webhook)).fallingBehind);
      return (await healthOf(slow)).fallingBehind;
    },
    { timeoutMs: 240_000, everyMs: 1_000, what: 'the slow webhook is told' },
  );
  const { state, waiting, windows } = await healthOf(slow);
  expect(state).not.toBe('disabled');
  expect(waiting.count).toBeGreaterThan(0);
  expect(windows['5m']?.successRate).toBeGreaterThan(0.5);
  expect(others.length).toBeGreaterThan(20);
  expect(new Set(others)).toEqual(new Set([false]));

  const env = { DEEPERHUB_API_URL: system.url('management-api'), DEEPERHUB_API_KEY: client.key };
  const remarks = async ({ id }: TestWebhook) =>
    (await runCli(['deliveries', 'list', '--webhook', id, '--limit', '100'], env)).stderr;
  expect(await remarks(slow)).toContain('falls behind');
  expect(await remarks(calm)).not.toContain('falls behind');
}, 300_000);

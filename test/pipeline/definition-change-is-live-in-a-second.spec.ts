import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

let system: System;
let receiver: RecordingReceiver;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'] });
  receiver = await startReceiver({});
  client = await createClient(system);
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

const atPath = (path: string) => receiver.requests.filter((request) => request.path === path).length;

test('a webhook created, moved or disabled is so for events a second later', async () => {
  // One change after another, and no event before its second is over: what counts is what the next event meets.
  const second = () => new Promise((resolve) => setTimeout(resolve, 1_000));
  const webhook = await createWebhook(system, client, { url: `${receiver.url}/old` });
  await second();
  await system.publish([cloudEvent(client, {})]);
  await until(() => atPath('/old') === 1, { timeoutMs: 10_000 });

  await system.api('PATCH', `/v1/webhooks/${webhook.id}`, { url: `${receiver.url}/new` }, client.key);
  await second();
  await system.publish([cloudEvent(client, {})]);
  await until(() => atPath('/new') === 1, { timeoutMs: 10_000 });
  expect(atPath('/old')).toBe(1);

  await system.api('POST', `/v1/webhooks/${webhook.id}/disable`, {}, client.key);
  await second();
  await system.publish([cloudEvent(client, {})]);
  await system.api('POST', `/v1/webhooks/${webhook.id}/enable`, {}, client.key);
  await second();
  await system.publish([cloudEvent(client, {})]);
  await until(() => atPath('/new') === 2, { timeoutMs: 10_000 });
  expect(receiver.requests).toHaveLength(3);
}, 60_000);

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

let system: System;
let receiver: RecordingReceiver;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'projector', 'management-api'] });
  receiver = await startReceiver({});
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

test("one client's event, webhook, delivery and keys do not exist for another", async () => {
  const ann = await createClient(system, 'Ann');
  const bob = await createClient(system, 'Bob');
  const hook = await createWebhook(system, ann, { url: `${receiver.url}/ann` });
  await createWebhook(system, bob, { url: `${receiver.url}/bob` });
  const event = cloudEvent(ann, { for: 'ann' });
  await system.publish([event, cloudEvent(bob, { for: 'bob' })]);
  await until(async () => (await listDeliveries(system, ann, { status: 'delivered' })).length === 1, {
    timeoutMs: 15_000,
  });
  await until(async () => (await listDeliveries(system, bob, { status: 'delivered' })).length === 1, {
    timeoutMs: 15_000,
  });
  expect(receiver.requests.filter(({ path }) => path === '/ann')).toHaveLength(1);
  expect(receiver.requests.filter(({ path }) => path === '/bob')).toHaveLength(1);

  const [delivery] = await listDeliveries(system, ann);
  const foreign: readonly [string, string][] = [
    ['GET', `/v1/webhooks/${hook.id}`],
    ['PATCH', `/v1/webhooks/${hook.id}`],
    ['DELETE', `/v1/webhooks/${hook.id}`],
    ['GET', `/v1/webhooks/${hook.id}/health`],
    ['GET', `/v1/webhooks/${hook.id}/deliveries`],
    ['POST', `/v1/webhooks/${hook.id}/test-events`],
    ['POST', `/v1/webhooks/${hook.id}/secret/rotate`],
    ['GET', `/v1/deliveries/${delivery?.id ?? ''}`],
    ['POST', `/v1/deliveries/${delivery?.id ?? ''}/resend`],
    ['GET', `/v1/events/${String(event['id'])}`],
    ['GET', `/v1/clients/${ann.id}/api-keys`],
  ];
  for (const [method, path] of foreign) {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const response = await system.api(method, path, body, bob.key);
    expect({ method, path, status: response.status }).toEqual({ method, path, status: 404 });
  }
}, 60_000);

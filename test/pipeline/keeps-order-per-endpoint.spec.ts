import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const webhookCount = 50;
const eventsPerWebhook = 200;

let system: System;
let receiver: RecordingReceiver;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({});
  receiver = await startReceiver({});
  client = await createClient(system);
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

/** What is not a first attempt says so: one that failed and one that was made twice look alike else. */
function numbersAt(path: string): (number | string)[] {
  return receiver.requests
    .filter((request) => request.path === path)
    .map(({ body, headers }) => {
      const { n } = (JSON.parse(body.toString('utf8')) as { data: { n: number } }).data;
      const attempt = headers['x-deeperhub-attempt'];
      return attempt === '1' ? n : `${n}, attempt ${attempt}`;
    });
}

test('10,000 events over 50 webhooks arrive, each webhook in topic order, nothing twice', async () => {
  for (let index = 0; index < webhookCount; index += 1) {
    await createWebhook(system, client, { url: `${receiver.url}/w${index}`, eventTypes: [`type.w${index}`] });
  }
  const events = [];
  for (let n = 0; n < eventsPerWebhook; n += 1) {
    for (let index = 0; index < webhookCount; index += 1)
      events.push(cloudEvent(client, { n }, { type: `type.w${index}` }));
  }
  // One key, so that the platform topic itself has an order to keep.
  await system.publish(events, { key: 'platform-service' });
  const expected = webhookCount * eventsPerWebhook;
  await until(() => receiver.requests.length >= expected, { timeoutMs: 120_000 });
  const inOrder = Array.from({ length: eventsPerWebhook }, (_, n) => n);
  for (let index = 0; index < webhookCount; index += 1) expect(numbersAt(`/w${index}`)).toEqual(inOrder);
  expect(receiver.requests).toHaveLength(expected);

  // The history has them too, each once and delivered.
  const isAllDelivered = async () =>
    (await listDeliveries(system, client, { status: 'delivered' })).length === expected;
  await until(isAllDelivered, { timeoutMs: 60_000, everyMs: 1_000 });
  expect(await listDeliveries(system, client, { status: 'pending' })).toEqual([]);
}, 240_000);

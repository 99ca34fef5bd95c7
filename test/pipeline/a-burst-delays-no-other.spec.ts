import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openPlatform } from '../../stack/platform-service.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient, type TestWebhook } from '../support/clients.ts';
import { describeLatencies, PacedLoad, percentile } from '../support/paced-load.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';

const healthyEndpoints = 40;
const eventsPerSecond = 100;
const calmMs = 3_000;
/** What is felt is felt in the first two seconds; the endpoint itself is busy for a quarter of an hour. */
const burstMs = 20_000;
const burstEvents = 5_000;
const slowMs = 200;

let system: System;
let client: TestClient;
let load: PacedLoad;
let slow: RecordingReceiver;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'] });
  client = await createClient(system);
  load = await PacedLoad.start(system, client, healthyEndpoints);
  slow = await startReceiver({ respond: () => ({ delayMs: slowMs }) });
  // Before the first measurement the code of every process gets warm, of what only a burst calls too.
  await slowWebhook('burst.w0');
  await Promise.all([load.run(eventsPerSecond, 4_000), burst('burst.w0')]);
}, 120_000);

afterAll(async () => {
  await load.close();
  await slow.close();
  await system.stop();
}, 60_000);

async function slowWebhook(type: string): Promise<TestWebhook> {
  const webhooks: TestWebhook[] = [];
  await registered(system, 1, async () => {
    webhooks.push(await createWebhook(system, client, { url: slow.url, eventTypes: [type] }));
  });
  const [webhook] = webhooks;
  if (webhook === undefined) throw new Error('it was not registered');
  return webhook;
}

/** All for one webhook and in one partition, by a producer of its own. */
async function burst(type: string): Promise<void> {
  const platform = await openPlatform(system.env, 'burst');
  const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
  const events = Array.from({ length: burstEvents }, (_, n) => JSON.stringify(cloudEvent(client, { n }, { type })));
  for (let start = 0; start < events.length; start += 100) {
    await platform.send(events.slice(start, start + 100).map((value) => ({ key: type, value, headers })));
  }
  await platform.close();
}

/** From the first of the webhook's deliveries that fan-out wrote to the last. */
async function writtenWithinMs(webhook: TestWebhook): Promise<number> {
  const own = (await system.records('webhook.deliveries')).filter(({ key }) => key === webhook.id);
  expect(own).toHaveLength(burstEvents);
  const times = own.map(({ timestamp }) => timestamp);
  return times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b));
}

/**
 * A quarter of the healthy ones' events come behind the burst in its own partition of platform.events: had they to wait
 * for it, the slowest would have waited as long as the burst took to be fanned out. What the burst costs others is
 * processor time, which two of them that carry everything have not: how much of it, `npm run bench -- burst` says.
 */
test('a-burst-delays-no-other: nobody waits until it is fanned out, not even who comes behind it', async () => {
  const webhook = await slowWebhook('burst.w1');
  const before = await load.run(eventsPerSecond, calmMs);
  const [disturbed] = await Promise.all([load.run(eventsPerSecond, burstMs), burst('burst.w1')]);
  const calm = [...before, ...(await load.run(eventsPerSecond, calmMs))];
  const writtenMs = await writtenWithinMs(webhook);
  process.stdout.write(
    `${burstEvents} events of one webhook were fanned out within ${writtenMs} ms\n` +
      describeLatencies('all endpoints well', calm) +
      describeLatencies(`${burstEvents} events at once for another`, disturbed),
  );
  expect(percentile(disturbed, 100)).toBeLessThan(writtenMs / 2);
  expect(percentile(disturbed, 99)).toBeLessThan(writtenMs / 10);
  expect(percentile(disturbed, 50)).toBeLessThanOrEqual(1.25 * percentile(calm, 50) + 5);
}, 150_000);

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openPlatform } from '../../stack/platform-service.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient, type TestWebhook } from '../support/clients.ts';
import { describeLatencies, PacedLoad, percentile } from '../support/paced-load.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import type { ReadRecord } from '../support/system-topics.ts';
import { until } from '../support/until.ts';

const healthyEndpoints = 40;
const eventsPerSecond = 100;
const calmMs = 3_000;
/** What is felt is felt in the first two seconds; the endpoint itself is busy for a quarter of an hour. */
const burstMs = 12_000;
const burstEvents = 5_000;
const slowMs = 200;

const rounds = 3;

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
  let own: readonly ReadRecord[] = [];
  const areAllThere = async () => {
    own = (await system.records('webhook.deliveries')).filter(({ key }) => key === webhook.id);
    return own.length >= burstEvents;
  };
  await until(areAllThere, { timeoutMs: 60_000, everyMs: 1_000, what: 'the burst is fanned out' });
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
  for (let round = 1; ; round += 1) {
    const { calm, disturbed, writtenMs } = await besideBurst(`burst.w${round}`);
    const isUndisturbed =
      percentile(disturbed, 100) < writtenMs / 2 &&
      percentile(disturbed, 99) < writtenMs / 10 &&
      percentile(disturbed, 50) <= 1.25 * percentile(calm, 50) + 5;
    // Measured again when it is not: another process of the machine may disturb one measurement, a burst that delays others each.
    if (isUndisturbed) return;
    expect(round).toBeLessThan(rounds);
  }
}, 300_000);

async function besideBurst(type: string) {
  const webhook = await slowWebhook(type);
  const before = await load.run(eventsPerSecond, calmMs);
  const [disturbed] = await Promise.all([load.run(eventsPerSecond, burstMs), burst(type)]);
  const calm = [...before, ...(await load.run(eventsPerSecond, calmMs))];
  const writtenMs = await writtenWithinMs(webhook);
  process.stdout.write(
    `${burstEvents} events of one webhook were fanned out within ${writtenMs} ms\n` +
      describeLatencies('all endpoints well', calm) +
      describeLatencies(`${burstEvents} events at once for another`, disturbed),
  );
  return { calm, disturbed, writtenMs };
}

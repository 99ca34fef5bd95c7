import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient, type TestWebhook } from '../support/clients.ts';
import { PacedLoad } from '../support/paced-load.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { expectUndisturbed, type Disturbed } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

/** Few places, so that few webhooks want more than there are. */
const places = { DISPATCH_MAX_IN_FLIGHT: '16', DISPATCH_MAX_SLOW: '48' };
const slowMs = 3_000;
const slowWebhooks = 100;
const eventsForEach = 2;
const healthyEndpoints = 20;
const eventsPerSecond = 40;
const measuredMs = 5_000;

let system: System;
let load: PacedLoad;
let slow: RecordingReceiver;
let hoarder: TestClient;
let webhooks: readonly TestWebhook[];
let open = 0;
let openMax = 0;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'], env: places });
  load = await PacedLoad.start(system, await createClient(system), healthyEndpoints);
  slow = await startReceiver({
    respond: () => {
      open += 1;
      openMax = Math.max(openMax, open);
      setTimeout(() => (open -= 1), slowMs);
      return { delayMs: slowMs };
    },
  });
  hoarder = await createClient(system);
  webhooks = await slowOnes();
  // Before the first measurement the code of every process gets warm.
  await load.run(eventsPerSecond, 4_000);
}, 120_000);

afterAll(async () => {
  await load.close();
  await slow.close();
  await system.stop();
}, 60_000);

async function slowOnes(): Promise<readonly TestWebhook[]> {
  const made: TestWebhook[] = [];
  await registered(system, slowWebhooks, async () => {
    for (let index = 0; index < slowWebhooks; index += 1) {
      const of = { url: `${slow.url}/s${index}`, eventTypes: [`slow.w${index}`] };
      made.push(await createWebhook(system, hoarder, { ...of, ordering: 'parallel', timeoutMs: 20_000 }));
    }
  });
  return made;
}

/** All of its endpoints are well: they answer 200, and take their time. */
async function besideHoarder(): Promise<Disturbed> {
  const before = await load.run(eventsPerSecond, measuredMs);
  const first = slow.requests.length;
  for (let times = 0; times < eventsForEach; times += 1) {
    await system.publish(webhooks.map((_, index) => cloudEvent(hoarder, {}, { type: `slow.w${index}` })));
  }
  await until(() => open >= 16, { timeoutMs: 20_000, what: 'its endpoints are called' });
  const disturbed = await load.run(eventsPerSecond, measuredMs);
  expect(open).toBeGreaterThan(0);
  const all = slowWebhooks * eventsForEach;
  await until(() => slow.requests.length >= first + all, {
    timeoutMs: 240_000,
    what: 'everything of the slow client has come',
  });
  await until(() => open === 0, { timeoutMs: 20_000, what: 'the last of it is answered' });
  expect(new Set(slow.requests.slice(first).map(({ headers }) => headers['webhook-id'])).size).toBe(all);
  // More than half of the slow places, and never all that there are.
  expect(openMax).toBeGreaterThanOrEqual(24);
  expect(openMax).toBeLessThan(48);
  return { calm: [...before, ...(await load.run(eventsPerSecond, measuredMs))], disturbed };
}

test('a-slow-client-delays-no-other: endpoints that answer 200 after seconds take no place of others', async () => {
  await expectUndisturbed('a client with more slow endpoints than places', besideHoarder);
}, 600_000);

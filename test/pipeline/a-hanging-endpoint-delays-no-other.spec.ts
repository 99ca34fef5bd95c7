import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient, type TestWebhook } from '../support/clients.ts';
import { readOutcomes } from '../support/outcomes.ts';
import { PacedLoad } from '../support/paced-load.ts';
import { startEndless, startHanging } from '../support/receivers/hostile-receivers.ts';
import { registered } from '../support/registered.ts';
import { expectUndisturbed, type Disturbed } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

const healthyEndpoints = 40;
const eventsPerSecond = 200;
const measuredMs = 3_000;

let system: System;
let client: TestClient;
let load: PacedLoad;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'] });
  client = await createClient(system);
  load = await PacedLoad.start(system, client, healthyEndpoints);
  // Before the first measurement the code of every process gets warm.
  await load.run(eventsPerSecond, 2_000);
}, 120_000);

afterAll(async () => {
  await load.close();
  await system.stop();
}, 60_000);

async function webhooksAt(url: string, type: string, count: number, fields: object): Promise<TestWebhook[]> {
  const webhooks: TestWebhook[] = [];
  await registered(system, count, async () => {
    for (let index = 0; index < count; index += 1) {
      const body = { url: `${url}/t${index}`, eventTypes: [`${type}.w${index}`], ...fields };
      webhooks.push(await createWebhook(system, client, body));
    }
  });
  return webhooks;
}

async function amongHanging(): Promise<Disturbed> {
  const before = await load.run(eventsPerSecond, measuredMs);
  const hanging = await startHanging();
  try {
    const fields = { timeoutMs: 1_500, retryPolicy: { maxAttempts: 1 } };
    const webhooks = [
      ...(await webhooksAt(hanging.url, 'hang', 5, fields)),
      ...(await webhooksAt(hanging.url, 'hang.parallel', 5, { ...fields, ordering: 'parallel', maxInFlight: 20 })),
    ];
    // Ten events wait at each from the beginning, and more come all the time.
    const types = webhooks.map((_, index) => (index < 5 ? `hang.w${index}` : `hang.parallel.w${index - 5}`));
    const oneForEach = () => system.publish(types.map((type) => cloudEvent(client, {}, { type })));
    for (let times = 0; times < 10; times += 1) await oneForEach();
    await until(() => hanging.open >= webhooks.length, { timeoutMs: 10_000, what: 'every hanging endpoint is called' });
    const more = setInterval(() => void oneForEach(), 500);
    const disturbed = await load.run(eventsPerSecond, measuredMs);
    clearInterval(more);
    expect(hanging.connections).toBeGreaterThan(webhooks.length);
    // Deleted, what waits for them ends without a POST, and the last attempts end by their deadline.
    await remove(webhooks);
    await hanging.whenLeft();
    return { calm: [...before, ...(await load.run(eventsPerSecond, measuredMs))], disturbed };
  } finally {
    await hanging.close();
  }
}

async function remove(webhooks: readonly TestWebhook[]): Promise<void> {
  for (const { id } of webhooks) await system.api('DELETE', `/v1/webhooks/${id}`, undefined, client.key);
}

test('a-hanging-endpoint-delays-no-other: nor do ten', async () => {
  await expectUndisturbed('ten endpoints hang', amongHanging);
}, 120_000);

test('an-endless-body-is-cut: by its length, well before the deadline', async () => {
  const endless = await startEndless();
  try {
    const [webhook] = await webhooksAt(endless.url, 'endless', 1, { timeoutMs: 30_000 });
    await system.publish([cloudEvent(client, {}, { type: 'endless.w0' })]);
    await until(() => endless.connections > 0, { timeoutMs: 15_000, what: 'the endpoint is called' });
    const calledAt = performance.now();
    await endless.whenLeft();
    const readMs = performance.now() - calledAt;
    const find = async () => (await readOutcomes(system)).find(({ webhookId }) => webhookId === webhook?.id);
    await until(async () => (await find()) !== undefined, { timeoutMs: 15_000, what: 'its outcome is on Kafka' });
    const outcome = await find();
    process.stdout.write(`an endless body: left after ${readMs.toFixed(0)} ms\n`);
    // Well before the deadline: what cuts is the length.
    expect(readMs).toBeLessThan(15_000);
    expect(outcome).toMatchObject({ status: 'delivered', responseCode: 200, responseBodyTruncated: true });
    expect(outcome?.responseBodySample).toHaveLength(4_096);
  } finally {
    await endless.close();
  }
}, 60_000);

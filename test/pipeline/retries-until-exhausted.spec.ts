import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import {
  cloudEvent,
  createClient,
  createWebhook,
  getDelivery,
  listDeliveries,
  type DeliveryView,
  type TestClient,
} from '../support/clients.ts';
import { startReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const retryPolicy = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 1_000, backoffFactor: 1, jitter: 0 };

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({});
  client = await createClient(system);
}, 120_000);

afterAll(() => system.stop(), 60_000);

async function endedDelivery(eventType: string): Promise<DeliveryView> {
  const isEnded = async () => {
    const [delivery] = await listDeliveries(system, client, { eventType });
    return delivery?.status === 'delivered' || delivery?.status === 'failed_permanent';
  };
  await until(isEnded, { timeoutMs: 30_000 });
  const [listed] = await listDeliveries(system, client, { eventType });
  return getDelivery(system, client, listed?.id ?? '');
}

test('an endpoint that answers 500 twice and then 200 shows three attempts, delivered', async () => {
  const receiver = await startReceiver({
    respond: (_, index) => (index < 2 ? { status: 500, body: `broken ${index}` } : { status: 200, body: 'thanks' }),
  });
  try {
    await createWebhook(system, client, { url: receiver.url, eventTypes: ['test.recovers'], retryPolicy });
    await system.publish([cloudEvent(client, {}, { type: 'test.recovers' })]);
    const delivery = await endedDelivery('test.recovers');
    expect(delivery.status).toBe('delivered');
    expect(
      delivery.attempts.map(({ attempt, trigger, outcome, responseCode, responseBodySample }) => [
        attempt,
        trigger,
        outcome,
        responseCode,
        responseBodySample,
      ]),
    ).toEqual([
      [1, 'first', 'failed_retryable', 500, 'broken 0'],
      [2, 'retry', 'failed_retryable', 500, 'broken 1'],
      [3, 'retry', 'delivered', 200, 'thanks'],
    ]);
    const [first, second, third] = receiver.requests;
    // Never early; how late, simulated time says (scheduler.spec.ts). The next longer tier would be later than that.
    for (const [earlier, later] of [
      [first, second],
      [second, third],
    ]) {
      const waitedMs = (later?.at ?? 0) - (earlier?.at ?? 0);
      expect(waitedMs).toBeGreaterThanOrEqual(1_000);
      expect(waitedMs).toBeLessThan(10_000);
    }
    expect(receiver.requests.map(({ headers }) => headers['x-deeperhub-attempt'])).toEqual(['1', '2', '3']);
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  } finally {
    await receiver.close();
  }
}, 60_000);

test('a delivery that never succeeds ends exhausted after its attempts, and is kept as dead', async () => {
  const receiver = await startReceiver({ respond: () => ({ status: 503 }) });
  try {
    await createWebhook(system, client, { url: receiver.url, eventTypes: ['test.exhausts'], retryPolicy });
    await system.publish([cloudEvent(client, {}, { type: 'test.exhausts' })]);
    const delivery = await endedDelivery('test.exhausts');
    expect(delivery).toMatchObject({ status: 'failed_permanent', reason: 'exhausted', attemptCount: 3 });
    expect(receiver.requests).toHaveLength(3);
    // Appended together with the outcome, but to another partition: either may be there first.
    let dead: readonly unknown[] = [];
    await until(
      async () => {
        dead = (await system.records('webhook.dead')).filter(({ key }) => key === delivery.webhookId);
        return dead.length > 0;
      },
      { timeoutMs: 20_000, everyMs: 250, what: 'the dead letter' },
    );
    expect(dead).toHaveLength(1);
  } finally {
    await receiver.close();
  }
}, 60_000);

test('honours-retry-after: it is a lower bound', async () => {
  const receiver = await startReceiver({
    respond: (_, index) => (index === 0 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 200 }),
  });
  try {
    await createWebhook(system, client, { url: receiver.url, eventTypes: ['test.later'], retryPolicy });
    await system.publish([cloudEvent(client, {}, { type: 'test.later' })]);
    expect((await endedDelivery('test.later')).status).toBe('delivered');
    const [first, second] = receiver.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
  } finally {
    await receiver.close();
  }
}, 60_000);

test.each([
  [404, 'rejected', true],
  [410, 'gone', false],
])(
  '%i ends the delivery at once',
  async (status, reason, staysActive) => {
    const receiver = await startReceiver({ respond: () => ({ status }) });
    try {
      const eventType = `test.code${status}`;
      const webhook = await createWebhook(system, client, { url: receiver.url, eventTypes: [eventType], retryPolicy });
      await system.publish([cloudEvent(client, {}, { type: eventType })]);
      expect(await endedDelivery(eventType)).toMatchObject({ status: 'failed_permanent', reason, attemptCount: 1 });
      // One may be about the one event.
      if (status === 410) await system.publish([1, 2].map((n) => cloudEvent(client, { n }, { type: eventType })));
      const isAsExpected = async () => {
        const { body } = await system.api('GET', `/v1/webhooks/${webhook.id}`, undefined, client.key);
        return (body as { isActive: boolean }).isActive === staysActive;
      };
      await until(isAsExpected, { timeoutMs: 15_000 });
    } finally {
      await receiver.close();
    }
  },
  60_000,
);

test('#3 a redeploy in which an endpoint that worked answers 404 for some seconds loses nothing', async () => {
  let isThere = true;
  const receiver = await startReceiver({ respond: () => ({ status: isThere ? 200 : 404 }) });
  const eventType = 'test.redeployed';
  const arrived = async () => (await listDeliveries(system, client, { eventType, status: 'delivered' })).length;
  const publish = (count: number) =>
    system.publish(Array.from({ length: count }, (_, n) => cloudEvent(client, { n }, { type: eventType })));
  try {
    const patient = { ...retryPolicy, maxAttempts: 10 };
    await createWebhook(system, client, { url: receiver.url, eventTypes: [eventType], retryPolicy: patient });
    await publish(1);
    await until(async () => (await arrived()) === 1, { timeoutMs: 20_000, what: 'the endpoint has worked' });
    isThere = false;
    await publish(20);
    await until(() => receiver.requests.length >= 30, { timeoutMs: 30_000, what: 'refusals are tried again' });
    isThere = true;
    await until(async () => (await arrived()) === 21, { timeoutMs: 30_000, what: 'all arrive' });
  } finally {
    await receiver.close();
  }
}, 90_000);

test('a replay brings what was given up and what was missed while disabled, and a management-api that is killed goes on', async () => {
  let isWell = false;
  const receiver = await startReceiver({ respond: () => ({ status: isWell ? 200 : 404 }) });
  const ask = async (method: string, path: string, body?: object) =>
    (await system.api(method, path, body, client.key)).body as Record<string, unknown>;
  const publish = (count: number) => system.publish(Array.from({ length: count }, (_, n) => event(n)));
  const event = (n: number) => cloudEvent(client, { n }, { type: 'test.replayed' });
  const delivered = () => listDeliveries(system, client, { eventType: 'test.replayed', status: 'delivered' });
  try {
    const { id } = await createWebhook(system, client, {
      url: receiver.url,
      eventTypes: ['test.replayed'],
      retryPolicy,
    });
    await publish(40);
    const failed = () => listDeliveries(system, client, { eventType: 'test.replayed', status: 'failed_permanent' });
    await until(async () => (await failed()).length === 40, { timeoutMs: 30_000 });
    await ask('POST', `/v1/webhooks/${id}/disable`);
    const isDisabled = async () => (await ask('GET', '/v1/events?type=test.replayed&limit=250'))['data'] as object[];
    await publish(10);
    await until(async () => (await isDisabled()).length === 50, { timeoutMs: 15_000 });
    await ask('POST', `/v1/webhooks/${id}/enable`);
    isWell = true;
    const replay = await ask('POST', '/v1/replays', { filter: { webhookId: id }, pacePerSecond: 20 });
    await until(async () => (await delivered()).length >= 5, { timeoutMs: 15_000 });
    await system.kill('management-api', 'SIGKILL');
    await system.start('management-api');
    const missed = await ask('POST', '/v1/replays', { filter: { webhookId: id, missedWhileDisabled: true } });
    await until(async () => (await delivered()).length === 50, { timeoutMs: 30_000 });
    const shown = (name: unknown) => ask('GET', `/v1/replays/${String(name)}`);
    await until(async () => (await shown(missed['id']))['status'] === 'finished', { timeoutMs: 15_000 });
    expect(await shown(replay['id'])).toMatchObject({ status: 'finished', total: 40, done: 40, skipped: 0 });
    expect(await shown(missed['id'])).toMatchObject({ total: 10, done: 10, skipped: 0 });
    const [newest] = await delivered();
    const { attempts, payloadSent } = await getDelivery(system, client, newest?.id ?? '');
    expect(attempts.map(({ trigger, outcome }) => [trigger, outcome])).toEqual([['replay', 'delivered']]);
    expect(JSON.parse(payloadSent ?? '')).toMatchObject({ type: 'test.replayed' });
    const again = receiver.requests.length - 40 - 50;
    process.stdout.write(`replayed 50 deliveries over a killed management-api, ${again} twice\n`);
    expect(again).toBeLessThanOrEqual(10);
  } finally {
    await receiver.close();
  }
}, 120_000);

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, getDelivery, listDeliveries } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

let system: System;
let receiver: RecordingReceiver;

beforeAll(async () => {
  system = await startSystem({});
  receiver = await startReceiver({});
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

test('an event on Kafka reaches the endpoint signed, and its history is behind the API', async () => {
  const client = await createClient(system);
  const webhook = await createWebhook(system, client, { url: `${receiver.url}/hook`, eventTypes: ['order.*'] });
  const event = cloudEvent(client, { total: 12345678901234567890n.toString(), note: 'grüß' });
  await system.publish([event, cloudEvent(client, { no: 1 }, { type: 'invoice.paid' })]);

  await until(() => receiver.requests.length > 0, { timeoutMs: 15_000 });
  const [request] = receiver.requests;
  if (request === undefined) throw new Error('no request');
  const body = new Webhook(webhook.secret).verify(request.body.toString('utf8'), request.headers);
  expect(body).toEqual({
    id: event['id'],
    type: 'order.created',
    timestamp: event['time'],
    data: event['data'],
    metadata: { webhookId: webhook.id, deliveryId: request.headers['webhook-id'], clientId: client.id },
  });
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'x-deeperhub-event': 'order.created',
    'x-deeperhub-delivery': request.headers['webhook-id'],
    'x-deeperhub-attempt': '1',
  });
  expect(request.headers['user-agent']).toMatch(/^DeeperHub-Webhooks\/\d/);
  expect(request.headers['x-deeperhub-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);

  await until(async () => (await listDeliveries(system, client))[0]?.status === 'delivered', { timeoutMs: 15_000 });
  const [listed, ...others] = await listDeliveries(system, client);
  expect(others).toEqual([]);
  const delivery = await getDelivery(system, client, listed?.id ?? '');
  expect(delivery).toMatchObject({
    id: request.headers['webhook-id'],
    webhookId: webhook.id,
    eventId: event['id'],
    attemptCount: 1,
  });
  expect(delivery.payloadSent).toBe(request.body.toString('utf8'));
  expect(delivery.attempts).toHaveLength(1);
  expect(delivery.attempts[0]).toMatchObject({
    attempt: 1,
    trigger: 'first',
    outcome: 'delivered',
    responseCode: 200,
    error: null,
  });

  const decisions = await system.api('GET', `/v1/events/${String(event['id'])}`, undefined, client.key);
  expect(decisions.body).toMatchObject({
    id: event['id'],
    type: 'order.created',
    data: event['data'],
    decisions: [{ webhookId: webhook.id, decision: 'matched', deliveryId: delivery.id }],
  });
}, 60_000);

test('a test event and a resend reach the endpoint, and each attempt is in the history', async () => {
  const client = await createClient(system);
  const own = await startReceiver({});
  try {
    const webhook = await createWebhook(system, client, { url: own.url });
    const tested = await system.api(
      'POST',
      `/v1/webhooks/${webhook.id}/test-events`,
      { eventType: 'demo.thing', data: { a: 1 } },
      client.key,
    );
    expect(tested.status).toBe(202);
    const { deliveryId } = tested.body as { deliveryId: string };
    await until(() => own.requests.length === 1, { timeoutMs: 15_000 });
    await until(async () => (await listDeliveries(system, client))[0]?.status === 'delivered', { timeoutMs: 15_000 });
    const resent = await system.api('POST', `/v1/deliveries/${deliveryId}/resend`, {}, client.key);
    expect(resent.status).toBe(202);
    await until(() => own.requests.length === 2, { timeoutMs: 15_000 });
    expect(own.requests[1]?.body.equals(own.requests[0]?.body ?? Buffer.alloc(0))).toBe(true);
    expect(own.requests[1]?.headers['webhook-id']).toBe(deliveryId);
    await until(async () => (await getDelivery(system, client, deliveryId)).attempts.length === 2, {
      timeoutMs: 15_000,
    });
    const { attempts } = await getDelivery(system, client, deliveryId);
    expect(attempts.map(({ attempt, trigger }) => ({ attempt, trigger }))).toEqual([
      { attempt: 1, trigger: 'first' },
      { attempt: 2, trigger: 'manual' },
    ]);
  } finally {
    await own.close();
  }
}, 60_000);

test('a ping waits for its outcome and stays out of the history', async () => {
  const client = await createClient(system);
  const webhook = await createWebhook(system, client, { url: receiver.url, eventTypes: ['none.such'] });
  const ping = await system.api('POST', `/v1/webhooks/${webhook.id}/health-checks`, {}, client.key);
  expect(ping).toMatchObject({ status: 200, body: { outcome: 'delivered', responseCode: 200, error: null } });
  expect(await listDeliveries(system, client)).toEqual([]);
}, 60_000);

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

test.each([
  ['its creation was answered', ''],
  ['it was created under an Idempotency-Key, whose answer is committed with it', 'keyed'],
])(
  '#28 a webhook misses nothing that is published after %s',
  async (_, prefix) => {
    const count = prefix === '' ? 60 : 30;
    const own = await createClient(system, 'Soon');
    const missing: number[] = [];
    const path = (no: number) => `/soon${prefix}-${no}`;
    for (let no = 0; no < count; no += 1) {
      const webhook = { url: `${receiver.url}${path(no)}`, eventTypes: [`soon${prefix}.n${no}`] };
      const created = await create(webhook, own.key, prefix === '' ? {} : { 'idempotency-key': `soon-${no}` });
      expect(created).toHaveProperty('id');
      expect(created).not.toHaveProperty('inForce');
      const event = { id: `soon${prefix}-${no}`, type: `soon${prefix}.n${no}`, clientId: own.id, data: { no } };
      expect((await system.api('POST', '/v1/events', event)).status).toBe(202);
    }
    const isThere = (no: number) => atPath(path(no)) === 1;
    await until(() => Array.from({ length: count }, (_, no) => no).every(isThere), {
      timeoutMs: 15_000,
      what: `each of ${count} webhooks has the event that came right after it`,
    }).catch(() => undefined);
    for (let no = 0; no < count; no += 1) if (!isThere(no)) missing.push(no);
    expect(missing).toEqual([]);
  },
  60_000,
);

async function create(webhook: object, key: string, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${system.url('management-api')}/v1/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(webhook),
  });
  expect(response.status).toBe(201);
  return response.json();
}

test('nor after it was enabled, or got other event types', async () => {
  const own = await createClient(system, 'Again');
  const { id } = await createWebhook(system, own, { url: `${receiver.url}/again`, eventTypes: ['again.never'] });
  for (let no = 0; no < 10; no += 1) {
    await system.api('POST', `/v1/webhooks/${id}/disable`, {}, own.key);
    await system.api('PATCH', `/v1/webhooks/${id}`, { eventTypes: [`again.n${no}`] }, own.key);
    const enabled = await system.api('POST', `/v1/webhooks/${id}/enable`, {}, own.key);
    expect(enabled.body).toMatchObject({ isActive: true });
    expect(enabled.body).not.toHaveProperty('inForce');
    await system.api('POST', '/v1/events', { type: `again.n${no}`, clientId: own.id, data: {} });
  }
  await until(() => atPath('/again') === 10, { timeoutMs: 15_000, what: 'one event for each time' });
}, 60_000);

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
  await createWebhook(system, client, { url: receiver.url });
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

const json = (value: object) => Buffer.from(JSON.stringify(value));

test('what cannot be an event is set aside with its bytes and a reason, and the stream goes on', async () => {
  const good = cloudEvent(client, { n: 1 });
  const { id: _id, ...withoutId } = cloudEvent(client, {});
  const { type: _type, ...withoutType } = cloudEvent(client, {});
  const { clientid: _clientid, ...withoutAudience } = cloudEvent(client, {});
  const poison = [
    { value: Buffer.from([0xff, 0x00, 0x9f, 0x92]), reason: 'unparsable' },
    { value: Buffer.from('{"id": '), reason: 'unparsable' },
    { value: json(withoutId), reason: 'missing_id' },
    { value: json(withoutType), reason: 'missing_type' },
    { value: json(cloudEvent(client, { blob: 'x'.repeat(300 * 1024) })), reason: 'payload_too_large' },
    { value: json(withoutAudience), reason: 'no_audience' },
  ];
  await system.publishRaw([...poison.map(({ value }) => ({ value })), { value: json(good) }], { key: 'one-partition' });
  await until(() => receiver.requests.length === 1, { timeoutMs: 15_000 });
  expect(receiver.requests[0]?.headers['webhook-id']).toBeTruthy();

  await until(async () => (await system.records('platform.events.rejected')).length === poison.length, {
    timeoutMs: 15_000,
  });
  const rejected = await system.records('platform.events.rejected');
  const seen = rejected.map(({ value, headers }) => ({
    value: value?.toString('base64'),
    reason: headers['reason']?.toString(),
  }));
  expect(seen).toEqual(
    expect.arrayContaining(poison.map(({ value, reason }) => ({ value: value.toString('base64'), reason }))),
  );
  for (const { headers } of rejected) {
    expect(headers['source-topic']?.toString()).toContain('platform.events');
    expect(headers['source-partition']?.toString()).toMatch(/^\d+$/);
    expect(headers['source-offset']?.toString()).toMatch(/^\d+$/);
  }
}, 60_000);

test('an event type outside the catalogue is delivered to whoever matches it', async () => {
  const before = receiver.requests.length;
  await system.publish([cloudEvent(client, {}, { type: 'never.seen.before' })]);
  await until(() => receiver.requests.length === before + 1, { timeoutMs: 15_000 });
}, 30_000);

test('binary mode is understood too', async () => {
  const before = receiver.requests.length;
  const headers = {
    ce_specversion: '1.0',
    ce_id: 'binary-1',
    ce_source: '/test',
    ce_type: 'order.created',
    ce_clientid: client.id,
    'content-type': 'application/json',
  };
  await system.publishRaw([{ value: json({ total: 7 }), headers }]);
  await until(() => receiver.requests.length === before + 1, { timeoutMs: 15_000 });
  const body = JSON.parse(receiver.requests.at(-1)?.body.toString('utf8') ?? '') as object;
  expect(body).toMatchObject({ id: 'binary-1', type: 'order.created', data: { total: 7 } });
}, 30_000);

test('sensitive fields are masked before anything leaves fan-out', async () => {
  const before = receiver.requests.length;
  await system.publish([cloudEvent(client, { user: 'ann', password: 'hunter2', deep: [{ token: 'abc', kept: 1 }] })]);
  await until(() => receiver.requests.length === before + 1, { timeoutMs: 15_000 });
  const text = receiver.requests.at(-1)?.body.toString('utf8') ?? '';
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain('abc');
  expect(JSON.parse(text)).toMatchObject({ data: { user: 'ann', deep: [{ kept: 1 }] } });
}, 30_000);

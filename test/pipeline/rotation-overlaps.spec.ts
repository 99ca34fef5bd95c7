import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { rotateKeys } from '../../stack/rotate-keys.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import {
  startReceiver,
  type ReceivedRequest,
  type RecordingReceiver,
} from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

const [former, next] = ['former', 'next'].map((id) => `${id}:${randomBytes(32).toString('base64')}`) as [
  string,
  string,
];

let system: System;
let client: TestClient;
let receiver: RecordingReceiver;

beforeAll(async () => {
  const env = { ENCRYPTION_KEYS: `${former},${next}` };
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'], env });
  client = await createClient(system);
  receiver = await startReceiver({});
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

interface Rotation {
  readonly secret: string;
  readonly previousSecretExpiresAt: string;
}

async function rotate(webhookId: string, overlapHours: number): Promise<Rotation> {
  const path = `/v1/webhooks/${webhookId}/secret/rotate`;
  const response = await system.api('POST', path, { overlapHours }, client.key);
  expect(response.status).toBe(200);
  return response.body as Rotation;
}

function isSignedWith(secret: string, request: ReceivedRequest): boolean {
  try {
    new Webhook(secret).verify(request.body.toString('utf8'), request.headers);
    return true;
  } catch {
    return false;
  }
}

/** Publishes one event after another until one is signed as `isWanted` says; all of them are returned. */
async function publishUntil(isWanted: (request: ReceivedRequest) => boolean): Promise<readonly ReceivedRequest[]> {
  const start = receiver.requests.length;
  const isReached = async () => {
    const count = receiver.requests.length;
    await system.publish([cloudEvent(client, {})]);
    await receiver.waitFor(count + 1);
    const last = receiver.requests.at(-1);
    return last !== undefined && isWanted(last);
  };
  await until(isReached, { timeoutMs: 15_000, what: 'events are signed as after the rotation' });
  return receiver.requests.slice(start);
}

test('while two secrets overlap both sign, and every request verifies with the one the client still has', async () => {
  let webhook = { id: '', secret: '' };
  await registered(system, 1, async () => {
    webhook = await createWebhook(system, client, { url: receiver.url });
  });
  const first = webhook.secret;
  await publishUntil((request) => isSignedWith(first, request));

  const second = await rotate(webhook.id, 24);
  const hoursLeft = (Date.parse(second.previousSecretExpiresAt) - Date.now()) / 3_600_000;
  expect(hoursLeft).toBeGreaterThan(23.9);
  expect(hoursLeft).toBeLessThanOrEqual(24);
  const overlapping = await publishUntil((request) => isSignedWith(second.secret, request));
  expect(overlapping.filter((request) => !isSignedWith(first, request))).toEqual([]);
  expect(overlapping.at(-1)?.headers['webhook-signature']?.split(' ')).toHaveLength(2);

  const third = await rotate(webhook.id, 0);
  const after = await publishUntil((request) => !isSignedWith(first, request));
  const last = after.at(-1);
  expect(last !== undefined && isSignedWith(third.secret, last)).toBe(true);
  expect(last !== undefined && isSignedWith(second.secret, last)).toBe(false);
  expect(last?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
}, 60_000);

test('when everything comes under another encryption key, deliveries go on with the same secret and headers', async () => {
  const headers = { 'x-own': 'kept' };
  let webhook = { id: '', secret: '' };
  await registered(system, 1, async () => {
    webhook = await createWebhook(system, client, { url: receiver.url, eventTypes: ['rotate.keys'], headers });
  });
  const definitionOf = async () => {
    const records = await system.records('webhook.definitions');
    return records.findLast(({ key }) => key === webhook.id)?.value?.toString('latin1') ?? '';
  };
  expect(await definitionOf()).toContain('v1.former.');
  const env = { ...system.env, ENCRYPTION_KEYS: `${next},${former}` };
  const result = await rotateKeys(env, new AbortController().signal, () => undefined);
  expect(result.webhooks).toBeGreaterThanOrEqual(2);
  await until(async () => (await definitionOf()).includes('v1.next.'), { timeoutMs: 10_000, everyMs: 100 });
  expect(await definitionOf()).not.toContain('v1.former.');
  const count = receiver.requests.length;
  // Published through the harness it waits until definitions are in force.
  await system.api('POST', `/v1/webhooks/${webhook.id}/enable`, {}, client.key);
  await system.publish([cloudEvent(client, {}, { type: 'rotate.keys' })]);
  await until(() => receiver.requests.slice(count).some(({ headers: sent }) => sent['x-own'] === 'kept'), {
    timeoutMs: 15_000,
    what: 'the event arrives',
  });
  const request = receiver.requests.slice(count).find(({ headers: sent }) => sent['x-own'] === 'kept');
  expect(request !== undefined && isSignedWith(webhook.secret, request)).toBe(true);
}, 60_000);

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import {
  startReceiver,
  type ReceivedRequest,
  type RecordingReceiver,
} from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

let system: System;
let client: TestClient;
let receiver: RecordingReceiver;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'] });
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

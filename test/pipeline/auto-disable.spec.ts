import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { failing } from '../support/receivers/responses.ts';
import { readValues } from '../support/outcomes.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

let system: System;
let client: TestClient;
let other: TestClient;
let broken: RecordingReceiver;
let notified: RecordingReceiver;

beforeAll(async () => {
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'management-api', 'monitor'],
    env: { AUTO_DEACTIVATION_FAILURE_THRESHOLD: '4', AUTO_DEACTIVATION_MIN_MINUTES: '0' },
  });
  client = await createClient(system);
  other = await createClient(system, 'Other');
  broken = await startReceiver({ respond: failing(500) });
  notified = await startReceiver({});
}, 120_000);

afterAll(async () => {
  await broken.close();
  await notified.close();
  await system.stop();
}, 60_000);

interface FannedOut {
  readonly eventId: string;
  readonly decisions: readonly { readonly webhookId: string; readonly decision: string }[];
}

interface WebhookView {
  readonly isActive: boolean;
  readonly disabledBy: string | null;
  readonly disabledReason: string | null;
}

test('a webhook that keeps failing is disabled, and the notice reaches another webhook of its client', async () => {
  let failingId = '';
  await registered(system, 3, async () => {
    const retryPolicy = { maxAttempts: 2, baseDelayMs: 60_000 };
    const url = `${broken.url}/hook?token=hidden`;
    failingId = (await createWebhook(system, client, { url, eventTypes: ['order.*'], retryPolicy })).id;
    await createWebhook(system, client, { url: `${notified.url}/own`, eventTypes: ['webhook.disabled'] });
    await createWebhook(system, other, { url: `${notified.url}/other`, eventTypes: ['webhook.disabled'] });
  });
  await system.publish([1, 2, 3].map((n) => cloudEvent(client, { n })));
  await broken.waitFor(3);
  const view = async () =>
    (await system.api('GET', `/v1/webhooks/${failingId}`, undefined, client.key)).body as WebhookView;
  expect((await view()).isActive).toBe(true);

  await system.publish([cloudEvent(client, { n: 4 })]);
  await until(async () => !(await view()).isActive, { timeoutMs: 15_000, what: 'the webhook is disabled' });
  const { disabledBy, disabledReason } = await view();
  expect(disabledBy).toBe('failures');
  expect(disabledReason).toContain('4 consecutive attempts');

  const [notice] = await notified.waitFor(1);
  const body = JSON.parse(notice?.body.toString('utf8') ?? '') as object;
  // The query of a URL may hold a credential: it is in no notice.
  expect(body).toMatchObject({ type: 'webhook.disabled', data: { webhookId: failingId, url: `${broken.url}/hook` } });

  const health = async () =>
    (await system.api('GET', `/v1/webhooks/${failingId}/health`, undefined, client.key)).body as { state: string };
  await until(async () => (await health()).state === 'disabled', { timeoutMs: 15_000 });
  expect(await health()).toMatchObject({ disabledBy: 'failures', consecutiveFailures: 4 });

  // Within a second nothing is sent to it any more, and the decision of an event says why.
  const decisionOf = async (id: string) => {
    const find = async () =>
      (await readValues<FannedOut>(system, 'webhook.events')).find(({ eventId }) => eventId === id);
    await until(async () => (await find()) !== undefined, { timeoutMs: 5_000 });
    return (await find())?.decisions.find(({ webhookId }) => webhookId === failingId)?.decision;
  };
  const isLeftOut = async () => {
    const event = cloudEvent(client, {});
    await system.publish([event]);
    return (await decisionOf(String(event['id']))) === 'disabled';
  };
  await until(isLeftOut, { timeoutMs: 5_000, what: 'fan-out decides that the webhook is disabled' });
  expect(notified.requests.map(({ path }) => path)).toEqual(['/own']);
}, 90_000);

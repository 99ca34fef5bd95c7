import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { readValues } from '../support/outcomes.ts';
import { startReceiver, type Answer, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

const origin = 'webhooks.example.com';
let system: System;
let client: TestClient;
let endpoint: RecordingReceiver;
/** To OPTIONS. */
let answer: Answer = {};

beforeAll(async () => {
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'management-api', 'monitor', 'projector'],
    env: {
      ENDPOINT_VERIFICATION: 'cloudevents',
      ENDPOINT_VERIFICATION_ORIGIN: origin,
      HEALTH_CHECK_INTERVAL_MINUTES: '0.02',
    },
  });
  client = await createClient(system);
  endpoint = await startReceiver({ respond: ({ method }) => (method === 'OPTIONS' ? answer : {}) });
}, 120_000);

afterAll(async () => {
  await endpoint.close();
  await system.stop();
}, 60_000);

interface Verified {
  readonly isProven: boolean;
  readonly problem: string | null;
}
interface FannedOut {
  readonly eventId: string;
  readonly decisions: readonly { readonly decision: string }[];
}

test('nothing is sent to an endpoint before it has proven that it wants it, and then everything is', async () => {
  let id = '';
  await registered(system, 1, async () => {
    // From the past: that ends at once, and holds up nothing of what comes after the proof.
    const wanted = { url: `${endpoint.url}/hook`, eventTypes: ['order.*'], startFrom: '2020-01-01T00:00:00Z' };
    ({ id } = await createWebhook(system, client, wanted));
  });
  const path = `/v1/webhooks/${id}`;
  const webhook = async () => (await system.api('GET', path, undefined, client.key)).body as Record<string, unknown>;
  const health = async () => (await system.api('GET', `${path}/health`, undefined, client.key)).body;
  const verify = async () => (await system.api('POST', `${path}/verification`, undefined, client.key)).body as Verified;
  const posts = () => endpoint.requests.filter(({ method }) => method !== 'OPTIONS');
  const postedIds = () => posts().map(({ body }) => (JSON.parse(body.toString('utf8')) as { id: string }).id);
  expect(await webhook()).toMatchObject({ isActive: false, disabledBy: 'unverified', isVerificationPending: true, verifiedAt: null, rewind: null }); // prettier-ignore

  // It is asked by itself, as whom, and without anything that a delivery has.
  const [asked] = await endpoint.waitFor(1, 20_000);
  expect(asked).toMatchObject({ method: 'OPTIONS', path: '/hook', headers: { 'webhook-request-origin': origin } });
  expect(Object.keys(asked?.headers ?? {}).filter((name) => /signature|webhook-id/.test(name))).toEqual([]);
  const hasProblem = async () => JSON.stringify(await health()).includes('has no WebHook-Allowed-Origin');
  await until(hasProblem, { timeoutMs: 20_000, what: 'its health says what is missing' });
  expect(await health()).toMatchObject({ state: 'unverified', verification: { tries: expect.any(Number) } });

  // What comes meanwhile is decided, and neither it, nor a ping, nor a test is sent.
  const event = cloudEvent(client, { n: 1 });
  await system.publish([event]);
  const decided = async () =>
    (await readValues<FannedOut>(system, 'webhook.events')).find(({ eventId }) => eventId === event['id']);
  await until(async () => (await decided()) !== undefined, { timeoutMs: 20_000, what: 'the event is decided' });
  expect((await decided())?.decisions).toMatchObject([{ decision: 'disabled' }]);
  for (const tried of ['health-checks', 'test-events', 'rewind', 'enable']) {
    const wanted = tried === 'rewind' ? { to: '2020-01-01T00:00:00Z' } : undefined;
    const { status, body } = await system.api('POST', `${path}/${tried}`, wanted, client.key);
    expect([status, body]).toMatchObject([409, { code: 'webhook_unverified' }]);
  }

  // Whatever is answered that allows nothing says so in words.
  const refusals: readonly [Answer, string][] = [
    [{}, 'has no WebHook-Allowed-Origin'],
    [{ status: 405, headers: { allow: 'POST' } }, 'it answered 405'],
    [{ status: 302, headers: { location: '/other', 'webhook-allowed-origin': '*' } }, 'redirects are not followed'],
    [{ headers: { 'webhook-allowed-origin': 'other.example.com' } }, "'other.example.com'"],
    [{ headers: { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '0' } }, "WebHook-Allowed-Rate is '0'"],
  ];
  for (const [said, problem] of refusals) {
    answer = said;
    expect(await verify()).toMatchObject({ isProven: false, problem: expect.stringContaining(problem) });
  }
  expect(await webhook()).toMatchObject({ isActive: false, disabledBy: 'unverified' });
  expect(posts()).toEqual([]);

  // Allowed: it is enabled, at the rate that it takes, and a replay brings what it missed.
  answer = { headers: { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '60000' } };
  expect(await verify()).toMatchObject({ isProven: true, problem: null });
  await until(async () => (await webhook())['isActive'] === true, { timeoutMs: 20_000, what: 'it is enabled' });
  expect(await webhook()).toMatchObject({
    isVerificationPending: false,
    verifiedAt: expect.any(String),
    disabledBy: null,
  });
  const later: string[] = [];
  const isDelivered = async () => {
    const next = cloudEvent(client, { n: 2 });
    later.push(String(next['id']));
    await system.publish([next]);
    return later.some((one) => postedIds().includes(one));
  };
  await until(isDelivered, { timeoutMs: 30_000, everyMs: 500, what: 'an event arrives' });
  expect(postedIds()).not.toContain(event['id']);
  const filter = { webhookId: id, missedWhileDisabled: true };
  await system.api('POST', '/v1/replays', { filter }, client.key);
  await until(() => postedIds().includes(String(event['id'])), { timeoutMs: 30_000, what: 'what it missed arrives' });

  // Another URL has proven nothing.
  answer = { status: 405 };
  await system.api('PATCH', path, { url: `${endpoint.url}/other` }, client.key);
  expect(await webhook()).toMatchObject({ isActive: false, disabledBy: 'unverified', verifiedAt: null });
}, 180_000);

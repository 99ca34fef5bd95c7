import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { readValues } from '../support/outcomes.ts';
import {
  startReceiver,
  type Answer,
  type ReceivedRequest,
  type RecordingReceiver,
} from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

const origin = 'webhooks.example.com';
const apps = ['fanout', 'dispatcher', 'management-api', 'monitor', 'projector'] as const;
const isOften = { HEALTH_CHECK_INTERVAL_MINUTES: '0.02' };

interface Verified {
  readonly isProven: boolean;
  readonly problem: string | null;
}
interface FannedOut {
  readonly eventId: string;
  readonly decisions: readonly { readonly decision: string }[];
}

/** What a test does to a webhook and learns of it. */
function asked(system: System, client: TestClient, id: string) {
  const path = `/v1/webhooks/${id}`;
  const ask = async (method: 'GET' | 'POST' | 'PATCH', more: string, body?: object) =>
    system.api(method, `${path}${more}`, body, client.key);
  return {
    ask,
    webhook: async () => (await ask('GET', '')).body as Record<string, unknown>,
    health: async () => (await ask('GET', '/health')).body as Record<string, unknown>,
    verify: async () => (await ask('POST', '/verification')).body as Verified,
  };
}

async function isDecided(system: System, event: Record<string, unknown>): Promise<void> {
  const decided = async () =>
    (await readValues<FannedOut>(system, 'webhook.events')).find(({ eventId }) => eventId === event['id']);
  await until(async () => (await decided()) !== undefined, { timeoutMs: 20_000, what: 'the event is decided' });
  expect((await decided())?.decisions).toMatchObject([{ decision: 'disabled' }]);
}

async function isRefused({ ask }: ReturnType<typeof asked>): Promise<void> {
  for (const tried of ['health-checks', 'test-events', 'rewind', 'enable']) {
    const { status, body } = await ask(
      'POST',
      `/${tried}`,
      tried === 'rewind' ? { to: '2020-01-01T00:00:00Z' } : undefined,
    );
    expect([status, body]).toMatchObject([409, { code: 'webhook_unverified' }]);
  }
}

describe('asked by OPTIONS, as CloudEvents Web Hooks has it', () => {
  let system: System;
  let client: TestClient;
  let endpoint: RecordingReceiver;
  let answer: Answer = {};

  beforeAll(async () => {
    const method = { ENDPOINT_VERIFICATION: 'cloudevents', ENDPOINT_VERIFICATION_ORIGIN: origin };
    system = await startSystem({ apps, env: { ...method, ...isOften } });
    client = await createClient(system);
    endpoint = await startReceiver({ respond: ({ method: asked }) => (asked === 'OPTIONS' ? answer : {}) });
  }, 120_000);

  afterAll(async () => {
    await endpoint.close();
    await system.stop();
  }, 60_000);

  test('nothing is sent to an endpoint before it has proven that it wants it, and then everything is', async () => {
    let id = '';
    await registered(system, 1, async () => {
      ({ id } = await createWebhook(system, client, { url: `${endpoint.url}/hook`, eventTypes: ['order.*'] }));
    });
    const api = asked(system, client, id);
    const posts = () => endpoint.requests.filter(({ method }) => method !== 'OPTIONS');
    const postedIds = () => posts().map(({ body }) => (JSON.parse(body.toString('utf8')) as { id: string }).id);
    expect(await api.webhook()).toMatchObject({ isActive: false, disabledBy: 'unverified', isVerificationPending: true, verifiedAt: null }); // prettier-ignore

    // It is asked by itself, as whom, and without anything that a delivery has.
    const [question] = await endpoint.waitFor(1, 20_000);
    expect(question).toMatchObject({ method: 'OPTIONS', path: '/hook', headers: { 'webhook-request-origin': origin } });
    expect(Object.keys(question?.headers ?? {}).filter((name) => /signature|webhook-id/.test(name))).toEqual([]);
    const hasProblem = async () => JSON.stringify(await api.health()).includes('has no WebHook-Allowed-Origin');
    await until(hasProblem, { timeoutMs: 20_000, what: 'its health says what is missing' });
    expect(await api.health()).toMatchObject({ state: 'unverified', verification: { tries: expect.any(Number) } });

    // What comes meanwhile is decided, and neither it, nor a ping, nor a test is sent.
    const event = cloudEvent(client, { n: 1 });
    await system.publish([event]);
    await isDecided(system, event);
    await isRefused(api);

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
      expect(await api.verify()).toMatchObject({ isProven: false, problem: expect.stringContaining(problem) });
    }
    expect(await api.webhook()).toMatchObject({ isActive: false, disabledBy: 'unverified' });
    expect(posts()).toEqual([]);

    // Allowed: it is enabled, at the rate that it takes, and a replay brings what it missed.
    answer = { headers: { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '60000' } };
    expect(await api.verify()).toMatchObject({ isProven: true, problem: null });
    await until(async () => (await api.webhook())['isActive'] === true, { timeoutMs: 20_000, what: 'it is enabled' });
    expect(await api.webhook()).toMatchObject({
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
    await api.ask('PATCH', '', { url: `${endpoint.url}/other` });
    expect(await api.webhook()).toMatchObject({ isActive: false, disabledBy: 'unverified', verifiedAt: null });
  }, 180_000);
});

describe('asked by a challenge', () => {
  let system: System;
  let client: TestClient;
  let endpoint: RecordingReceiver;
  let answerTo: (challenge: string, body: Buffer) => Answer = () => ({});

  const isQuestion = ({ body }: ReceivedRequest) => body.includes('webhook.verification');
  const challengeIn = (body: Buffer) => (JSON.parse(body.toString('utf8')) as { challenge: string }).challenge;

  beforeAll(async () => {
    system = await startSystem({ apps, env: { ENDPOINT_VERIFICATION: 'challenge', ...isOften } });
    client = await createClient(system);
    const respond = (request: ReceivedRequest) =>
      isQuestion(request) ? answerTo(challengeIn(request.body), request.body) : {};
    endpoint = await startReceiver({ respond });
  }, 120_000);

  afterAll(async () => {
    await endpoint.close();
    await system.stop();
  }, 60_000);

  test('nothing is sent before the challenge comes back alone, and then all from where the webhook was to start', async () => {
    let count = 0;
    const publish = async (events: number) => {
      const made = Array.from({ length: events }, (_, index) => cloudEvent(client, { n: count + index }));
      count += events;
      await system.publish(made, { key: 'platform-service' });
      return made;
    };
    const others = () => endpoint.requests.filter((request) => !isQuestion(request));
    const numbers = () =>
      others().map(({ body }) => (JSON.parse(body.toString('utf8')) as { data: { n: number } }).data.n);
    await publish(3);
    let id = '';
    let secret = '';
    const startFrom = new Date(Date.now() - 3_600_000).toISOString();
    await registered(system, 1, async () => {
      const ordering = 'strict' as const;
      const wanted = { url: `${endpoint.url}/hook`, eventTypes: ['order.*'], ordering, startFrom };
      ({ id, secret } = await createWebhook(system, client, wanted));
    });
    const api = asked(system, client, id);
    const waiting = { isActive: false, disabledBy: 'unverified', isVerificationPending: true, startFrom, rewind: null };
    expect(await api.webhook()).toMatchObject(waiting);

    // It is asked by itself, signed like a delivery, with another challenge each time.
    const [first] = await endpoint.waitFor(1, 20_000);
    expect(first).toMatchObject({ method: 'POST', path: '/hook' });
    expect(new Webhook(secret).verify(String(first?.body), first?.headers ?? {})).toEqual({
      type: 'webhook.verification',
      webhookId: id,
      challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    const hasProblem = async () => JSON.stringify(await api.health()).includes('neither the challenge alone');
    await until(hasProblem, { timeoutMs: 20_000, what: 'its health says what is missing' });
    const [event] = await publish(2);
    await isDecided(system, event ?? {});
    await isRefused(api);

    const refusals: readonly [(challenge: string, body: Buffer) => Answer, string][] = [
      [(_, body) => ({ body }), 'neither the challenge alone'],
      [(challenge) => ({ body: JSON.stringify({ challenge, status: 'ok' }) }), 'neither the challenge alone'],
      [(challenge) => ({ body: `${challenge} ${challenge}` }), 'neither the challenge alone'],
      [
        () => ({ body: JSON.stringify({ challenge: challengeIn(first?.body ?? Buffer.from('{}')) }) }),
        'neither the challenge alone',
      ],
      [() => ({ status: 204, body: '' }), 'neither the challenge alone'],
      [
        (challenge) => ({ status: 307, headers: { location: '/other' }, body: challenge }),
        'redirects are not followed',
      ],
      [(challenge) => ({ status: 500, body: challenge }), 'it answered 500'],
    ];
    for (const [said, problem] of refusals) {
      answerTo = said;
      expect(await api.verify()).toMatchObject({ isProven: false, problem: expect.stringContaining(problem) });
    }
    const challenges = endpoint.requests.map(({ body }) => challengeIn(body));
    expect(new Set(challenges).size).toBe(challenges.length);
    expect(new Set(endpoint.requests.map(({ path }) => path))).toEqual(new Set(['/hook']));
    expect(others()).toEqual([]);
    expect(await api.webhook()).toMatchObject(waiting);

    // With the proof it is enabled and rewound: what was before it, what came meanwhile, and then what comes.
    answerTo = (challenge) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ challenge }),
    });
    expect(await api.verify()).toMatchObject({ isProven: true, problem: null });
    const isStarted = async () => (await api.webhook())['rewind'] !== null;
    await until(isStarted, { timeoutMs: 20_000, what: 'it starts in the past' });
    const started = await api.webhook();
    expect(started).toMatchObject({ isActive: true, disabledBy: null, startFrom: null, rewind: { to: startFrom } });
    const { replayId } = started['rewind'] as { replayId: string };
    const isOver = async () => {
      await publish(1);
      const { body } = await system.api('GET', `/v1/replays/${replayId}`, undefined, client.key);
      return (body as { status: string }).status === 'finished';
    };
    await until(isOver, { timeoutMs: 60_000, everyMs: 200, what: 'it has what was before' });
    await publish(3);
    await until(() => new Set(numbers()).size === count, { timeoutMs: 30_000, what: 'all arrive' });
    expect([...new Set(numbers())]).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(await api.webhook()).toMatchObject({ rewind: null, verifiedAt: expect.any(String) });

    // The challenge as plain text proves as much, whoever asked for it.
    answerTo = (challenge) => ({ body: `${challenge}\n` });
    const plain = await createWebhook(system, client, { url: `${endpoint.url}/plain`, eventTypes: ['nothing.else'] });
    const isVerified = async () => (await asked(system, client, plain.id).webhook())['verifiedAt'] !== null;
    await until(isVerified, { timeoutMs: 30_000, what: 'it is asked and verified by itself' });
  }, 180_000);
});

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { AlertWatch } from '../support/alert-watch.ts';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { startSmtpReceiver, type SmtpReceiver } from '../support/receivers/smtp-receiver.ts';
import { readValues } from '../support/outcomes.ts';
import { registered } from '../support/registered.ts';
import { scrape } from '../../stack/scrape.ts';
import { until } from '../support/until.ts';

/** Of health checks, and of a recovery. */
const intervalMs = 3_000;
const aboutHealth = ['webhook.failing', 'webhook.disabled', 'webhook.recovered'];
let system: System;
let client: TestClient;
let other: TestClient;
let endpoint: RecordingReceiver;
let notified: RecordingReceiver;
let quiet: RecordingReceiver;
let mails: SmtpReceiver;
let isBroken = true;

beforeAll(async () => {
  mails = await startSmtpReceiver();
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'management-api', 'monitor', 'projector'],
    env: {
      AUTO_DEACTIVATION_MIN_MINUTES: '0',
      HEALTH_CHECK_INTERVAL_MINUTES: String(intervalMs / 60_000),
      AUTO_HEAL_PINGS: '2',
      SMTP_URL: mails.url,
    },
  });
  system.secrets.plant('the password of the mail server', 'planted-password');
  // The monitor has it from there: its environment says 20.
  expect((await system.api('PATCH', '/v1/settings', { autoDisable: { failureThreshold: 4 } })).status).toBe(200);
  client = await createClient(system);
  other = await createClient(system, 'Other');
  endpoint = await startReceiver({ respond: () => (isBroken ? { status: 500 } : {}) });
  notified = await startReceiver({});
  quiet = await startReceiver({ respond: () => ({ status: 500 }) });
}, 120_000);

afterAll(async () => {
  await endpoint.close();
  await notified.close();
  await quiet.close();
  await system.stop();
  await mails.close();
}, 60_000);

interface FannedOut {
  readonly eventId: string;
  readonly decisions: readonly { readonly webhookId: string; readonly decision: string }[];
}

interface HealthAnswer {
  readonly state: string;
  readonly consecutiveFailures: number;
  readonly lastPingDelivered: boolean | null;
  readonly healing: { readonly goodPings: number; readonly pacePerSecond: number | null } | null;
}

interface NoticeBody {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

test('a webhook fails, is disabled, is pinged, recovers and gets what it missed, and its client hears of each step', async () => {
  let id = '';
  await system.api('PATCH', `/v1/clients/${client.id}`, { noticeEmails: ['ops@acme.example'] }, client.key);
  await registered(system, 3, async () => {
    const retryPolicy = { maxAttempts: 2, baseDelayMs: 600_000 };
    const url = `${endpoint.url}/hook?token=hidden`;
    const eventTypes = ['order.*', ...aboutHealth];
    id = (await createWebhook(system, client, { url, eventTypes, retryPolicy })).id;
    await createWebhook(system, client, { url: `${notified.url}/own`, eventTypes: ['webhook.*'] });
    await createWebhook(system, other, { url: `${notified.url}/other`, eventTypes: ['webhook.*'] });
  });
  const get = async (path: string) => (await system.api('GET', path, undefined, client.key)).body;
  const webhook = async () => (await get(`/v1/webhooks/${id}`)) as Readonly<Record<string, unknown>>;
  const health = async () => (await get(`/v1/webhooks/${id}/health`)) as HealthAnswer;
  const isInState = (state: string) => async () => (await health()).state === state;
  const events = () => endpoint.requests.filter(({ headers }) => headers['x-deeperhub-event'] === 'order.created');
  const notices = () =>
    notified.requests.map(({ body }) => JSON.parse(body.toString('utf8')) as NoticeBody).filter(isAbout(id));
  const types = () => notices().map(({ type }) => type);

  // Healthy, failing, disabled.
  expect(await health()).toMatchObject({ state: 'healthy', consecutiveFailures: 0 });
  const failed = [1, 2, 3, 4].map((n) => cloudEvent(client, { n }));
  const earlier = new Set(failed.map((event) => String(event['id'])));
  await system.publish(failed.slice(0, 3));
  await until(async () => (await health()).consecutiveFailures === 3, { timeoutMs: 20_000, what: 'three failures' });
  expect(await health()).toMatchObject({ state: 'failing' });
  expect(await webhook()).toMatchObject({ isActive: true });
  await system.publish(failed.slice(3));
  await until(isInState('disabled'), { timeoutMs: 20_000, what: 'the webhook is disabled' });
  expect(await webhook()).toMatchObject({
    isActive: false,
    disabledBy: 'failures',
    disabledReason: expect.stringContaining('4 consecutive attempts'),
  });

  // Within a second nothing is sent to it any more, and the decision of an event says why.
  const missed: unknown[] = [];
  const isLeftOut = async () => {
    const event = cloudEvent(client, { n: 5 + missed.length });
    await system.publish([event]);
    const find = async () =>
      (await readValues<FannedOut>(system, 'webhook.events')).find(({ eventId }) => eventId === event['id']);
    await until(async () => (await find()) !== undefined, { timeoutMs: 5_000 });
    const decision = (await find())?.decisions.find(({ webhookId }) => webhookId === id)?.decision;
    if (decision === 'disabled') missed.push(event['id']);
    return decision === 'disabled';
  };
  await until(isLeftOut, { timeoutMs: 5_000, what: 'fan-out decides that the webhook is disabled' });
  const failedEvents = events().length;

  // Pinged while it is broken and when it is well again; good pings let it recover.
  await until(async () => (await health()).lastPingDelivered === false, { timeoutMs: 20_000, what: 'a ping failed' });
  isBroken = false;
  await until(isInState('recovering'), { timeoutMs: 40_000, what: 'the webhook recovers' });
  expect(await health()).toMatchObject({ healing: { recoveringSince: expect.any(String) } });
  expect(await webhook()).toMatchObject({ isActive: true, disabledBy: null, disabledAt: null });

  // Healthy again, without an event in between; then events arrive as they used to.
  await until(isInState('healthy'), { timeoutMs: 20_000, what: 'the webhook is healthy' });
  expect(events()).toHaveLength(failedEvents);
  await system.publish([cloudEvent(client, { n: 100 })]);
  await until(() => events().length === failedEvents + 1, { timeoutMs: 10_000, what: 'a new event arrives' });

  // What it missed is what the notice offers to send again: the events in between, and no other.
  await until(() => types().includes('webhook.recovered'), { timeoutMs: 15_000, what: 'the notice of recovery' });
  const offer = notices().find(({ type }) => type === 'webhook.recovered')?.data['missed'] as { replay: object };
  const replay = async () => (await get(`/v1/replays/${replayId}`)) as { status: string; total: number };
  const { body: begun } = await system.api('POST', '/v1/replays', offer.replay, client.key);
  const replayId = (begun as { id: string }).id;
  await until(async () => (await replay()).status === 'finished', { timeoutMs: 20_000, what: 'the replay is done' });
  const replayed = () =>
    events()
      .slice(failedEvents + 1)
      .map(({ body }) => (JSON.parse(body.toString('utf8')) as { id: string }).id);
  const isThere = () => missed.every((eventId) => replayed().includes(String(eventId)));
  await until(isThere, { timeoutMs: 20_000, what: 'what it missed' });
  expect(replayed().filter((eventId) => earlier.has(eventId))).toEqual([]);

  // Its client heard of each step on another webhook; the webhook itself, though it asks for notices, did not.
  expect(types().filter((type) => type !== 'webhook.created')).toEqual([
    'webhook.failing',
    'webhook.disabled',
    'webhook.updated',
    'webhook.recovered',
  ]);
  expect(endpoint.requests.map(({ headers }) => headers['x-deeperhub-event']).filter(isNoticeAbout)).toEqual([]);
  expect(notified.requests.filter(({ path, body }) => path === '/other' && body.includes(id))).toEqual([]);
  const disabled = notices().find(({ type }) => type === 'webhook.disabled');
  // The query of a URL may hold a credential: it is in no notice.
  expect(disabled?.data).toMatchObject({ webhookId: id, url: `${endpoint.url}/hook`, disabledBy: 'failures' });
  expect(await scrape(system.url('monitor'), 'webhooks_healed_total')).toBeGreaterThan(0);
  expect(await scrape(system.url('monitor'), 'webhooks_auto_disable_paused')).toBe(0);

  // Pings are no events of the client.
  const history = (await get('/v1/deliveries')) as { data: { eventType: string }[] };
  expect(history.data.filter(({ eventType }) => eventType === 'webhook.ping')).toEqual([]);
}, 150_000);

test('what ended disabled and what came meanwhile arrives exactly once, by the replay that the notice hands out', async () => {
  isBroken = true;
  let id = '';
  await registered(system, 1, async () => {
    const retryPolicy = { maxAttempts: 2, baseDelayMs: 600_000 };
    const url = `${endpoint.url}/missed`;
    // Slow enough that most of them still wait when it is disabled.
    id = (await createWebhook(system, client, { url, eventTypes: ['missed.*'], retryPolicy, rateLimitPerSecond: 3 }))
      .id;
  });
  const publish = async (count: number) => {
    const events = Array.from({ length: count }, (_, n) => cloudEvent(client, { n }, { type: 'missed.tested' }));
    await system.publish(events);
    return events.map((event) => String(event['id']));
  };
  const state = async () => {
    const { body } = await system.api('GET', `/v1/webhooks/${id}/health`, undefined, client.key);
    return (body as HealthAnswer).state;
  };
  const isInState = (wanted: string) => async () => (await state()) === wanted;
  const deliveries = () => listDeliveries(system, client, { webhookId: id });

  const before = await publish(40);
  await until(isInState('disabled'), { timeoutMs: 30_000, what: 'the webhook is disabled' });
  // By now fan-out knows of it, too.
  await pause(2_000);
  const meanwhile = await publish(3);
  const haveEnded = async () => {
    const known = await deliveries();
    return known.length === before.length && known.every(({ status }) => status !== 'pending');
  };
  await until(haveEnded, { timeoutMs: 60_000, what: 'what waited has ended' });
  const endedDisabled = (await deliveries()).filter(({ reason }) => reason === 'disabled');
  expect(endedDisabled.length).toBeGreaterThan(5);
  const missed = [...endedDisabled.map(({ eventId }) => eventId), ...meanwhile];

  isBroken = false;
  await until(isInState('healthy'), { timeoutMs: 40_000, what: 'the webhook is healthy' });
  const offer = () =>
    notified.requests
      .map(({ body }) => JSON.parse(body.toString('utf8')) as NoticeBody)
      .filter(isAbout(id))
      .find(({ type }) => type === 'webhook.recovered')?.data['missed'] as { readonly replay: object } | undefined;
  await until(() => offer() !== undefined, { timeoutMs: 15_000, what: 'the notice of recovery' });
  const replay = async () => {
    const { body } = await system.api('POST', '/v1/replays', offer()?.replay, client.key);
    const path = `/v1/replays/${(body as { id: string }).id}`;
    const read = async () => (await system.api('GET', path, undefined, client.key)).body as { status: string };
    await until(async () => (await read()).status === 'finished', { timeoutMs: 20_000, what: 'the replay is done' });
    return read();
  };
  const arrivals = () => {
    const arrived = endpoint.requests.filter(({ path, headers }) => path === '/missed' && headers['x-deeperhub-event'] === 'missed.tested'); // prettier-ignore
    const ids = arrived.map(({ body }) => (JSON.parse(body.toString('utf8')) as { id: string }).id);
    return missed.map((eventId) => ids.filter((arrivedId) => arrivedId === eventId).length);
  };
  const once = missed.map(() => 1);
  expect(arrivals()).toEqual(missed.map(() => 0));
  expect(await replay()).toMatchObject({ total: missed.length, done: missed.length, skipped: 0 });
  const areDelivered = async () => (await deliveries()).filter(({ status }) => status === 'delivered').length >= missed.length; // prettier-ignore
  await until(areDelivered, { timeoutMs: 60_000, what: 'all that was missed is delivered' });
  expect(arrivals()).toEqual(once);
  // What is asked for again is not missed any more.
  expect(await replay()).toMatchObject({ total: 0, done: 0 });
  expect(arrivals()).toEqual(once);
}, 240_000);

test('a webhook to which nothing was sent for a day is pinged once, and no more comes of it than a line in its health', async () => {
  const { id } = await createWebhook(system, client, { url: `${quiet.url}/quiet`, eventTypes: ['quiet.never'] });
  const database = new pg.Client({ connectionString: system.env['DATABASE_URL'] });
  await database.connect();
  await database.query(`update webhook set created_at = now() - interval '25 hours' where id = $1`, [id]);
  await database.end();
  const health = async () => (await system.api('GET', `/v1/webhooks/${id}/health`, undefined, client.key)).body;
  const isPinged = async () => ((await health()) as HealthAnswer).lastPingDelivered === false;
  await until(isPinged, { timeoutMs: 20_000, what: 'the ping is in its health' });
  expect(await health()).toMatchObject({ state: 'healthy', consecutiveFailures: 0 });
  expect(quiet.requests.map(({ headers }) => headers['x-deeperhub-event'])).toEqual(['webhook.ping']);
  const { body } = await system.api('GET', `/v1/webhooks/${id}/deliveries`, undefined, client.key);
  expect(body).toMatchObject({ data: [] });
});

test('while most endpoints fail at once none is disabled, and the log says why', async () => {
  isBroken = false;
  // A client has one vote for a host.
  const hit: { readonly owner: TestClient; readonly id: string }[] = [];
  await registered(system, 6, async () => {
    for (let index = 0; index < 6; index += 1) {
      const owner = await createClient(system, `Outage ${index}`);
      const url = `${endpoint.url}/outage-${index}`;
      const retryPolicy = { maxAttempts: 2, baseDelayMs: 600_000 };
      hit.push({ owner, id: (await createWebhook(system, owner, { url, eventTypes: ['outage.*'], retryPolicy })).id });
    }
  });
  const publish = async (count: number) => {
    const before = endpoint.requests.length;
    const events = hit.flatMap(({ owner }) =>
      Array.from({ length: count }, () => cloudEvent(owner, {}, { type: 'outage.tested' })),
    );
    await system.publish(events);
    await endpoint.waitFor(before + events.length, 15_000);
  };
  const monitored = (metric: string) => scrape(system.url('monitor'), metric);
  await publish(1);
  const alerts = await AlertWatch.begin(system, ['dispatcher', 'monitor']);
  isBroken = true;
  await publish(2);
  await until(async () => (await monitored('webhooks_auto_disable_paused')) === 1, {
    timeoutMs: 15_000,
    what: 'a pause',
  });
  await publish(2);
  await until(async () => (await monitored('webhooks_auto_disable_held_total')) >= hit.length, { timeoutMs: 15_000 });
  for (const { owner, id } of hit) {
    const { body } = await system.api('GET', `/v1/webhooks/${id}`, undefined, owner.key);
    expect(body).toMatchObject({ isActive: true });
  }
  const warnings = system.logs('monitor').filter((line) => line.includes('it may be our own network'));
  expect(warnings).toHaveLength(1);
  expect(await alerts.silent(['WebhooksAutoDisablePaused', 'WebhooksAllFailing'])).toEqual([]);
}, 90_000);

test('what its client was told also went by mail', async () => {
  const text = () => mails.received.map((mail) => mail.text).join('\n');
  await until(() => text().includes('works again'), { timeoutMs: 40_000, what: 'the mail of recovery' });
  expect(new Set(mails.received.flatMap(({ to }) => to))).toEqual(new Set(['ops@acme.example']));
  expect(text()).toContain(`${endpoint.url}/hook fails`);
  expect(text()).toContain(`${endpoint.url}/hook was disabled`);
  expect(text()).not.toContain('token=hidden');
}, 60_000);

function isAbout(id: string) {
  return ({ data }: NoticeBody) => data['webhookId'] === id;
}

function isNoticeAbout(type: string | undefined): boolean {
  return type !== undefined && aboutHealth.includes(type);
}

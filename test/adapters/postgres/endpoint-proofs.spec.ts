import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { verificationEventType } from '../../../libs/domain/webhook/endpoint-proof.ts';
import { ConsumerOffsetStore } from '../../../libs/postgres/consumer-offset-store.ts';
import { OutboxRow } from '../../../libs/postgres/entities/outbox.ts';
import { WebhookRow } from '../../../libs/postgres/entities/webhook.ts';
import { HealthStore } from '../../../libs/postgres/health/health-store.ts';
import { HealthView } from '../../../libs/postgres/health/health-view.ts';
import { triesMax, VerificationStore } from '../../../libs/postgres/health/verification-store.ts';
import { keepHouse } from '../../../libs/postgres/housekeeping/housekeeping.ts';
import type { Activity } from '../../../libs/postgres/webhooks/webhook-change.ts';
import { readDefinition } from '../../../libs/postgres/webhooks/webhook-definition.ts';
import { WebhookStore } from '../../../libs/postgres/webhooks/webhook-store.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { anOutcome, noon } from './history-factory.ts';
import { storeWebhook } from './webhook-factory.ts';

const partition = { topic: 'webhook.delivery-outcomes', partition: 0 };
const minuteMs = 60_000;
const policy = {
  disable: { isEnabled: true, failureThreshold: 3, minMs: minuteMs, rate: null },
  isPaused: false,
  goodPingsToHeal: 2,
  recoveryMs: minuteMs,
  areMailed: false,
};
const actor = { kind: 'system', id: 'test', name: null, address: null, requestId: null } as const;
const unverified = { isActive: false, disabledBy: 'unverified', verificationPending: true } as const;
let database: TestDatabase;
let store: HealthStore;
let position: number;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  for (const table of ['webhook', 'replay', 'outbox', 'consumer_offset']) await database.rows(`delete from ${table}`);
  const offsets = new ConsumerOffsetStore(database.em, 'monitor');
  store = new HealthStore(database.em, offsets);
  await offsets.positions([partition]);
  position = 0;
});

const at = (minutes: number) => new Date(noon + minutes * minuteMs);
const row = () => database.em.fork().findOneOrFail(WebhookRow, { id: 'wh-1' });

async function definition() {
  const em = database.em.fork();
  return readDefinition(em, await em.findOneOrFail(WebhookRow, { id: 'wh-1' }), at(0));
}

function answered(change: Partial<DeliveryOutcome> = {}) {
  const outcome = anOutcome({
    ...{ kind: 'ping', eventType: verificationEventType, targetVersion: 1, startedAt: noon, provedEndpoint: true },
    ...change,
  });
  const from = position;
  position += 1;
  return store.apply({ outcomes: [outcome], offsets: [{ ...partition, from, to: position }] }, policy, at(1));
}

async function change(mustProve: boolean, wanted: { readonly url?: string; readonly activity?: Activity }) {
  const secretBox = new SecretBox([`k:${Buffer.alloc(32, 1).toString('base64')}`]);
  const shown = { maskHeaders: () => ({}), showTls: () => ({ ca: null, cert: null, key: null }) };
  const webhooks = new WebhookStore({
    em: database.em,
    secretBox,
    ...shown,
    perClientMax: () => Promise.resolve(10),
    mustProve,
  });
  const { activity, url } = wanted;
  const { kind } = await webhooks.update(
    { id: 'wh-1', scope: null, isMeant: () => true },
    (settings) => ({ kind: 'change', settings: { ...settings, url: url ?? settings.url }, activity }),
    actor,
    at(0),
  );
  return kind;
}

test('an endpoint is asked at once, then ever more rarely, seven times in all, and housekeeping begins nothing anew', async () => {
  await storeWebhook(database.em, 'wh-1', unverified);
  const verifications = new VerificationStore(database.em);
  const askedAt: number[] = [];
  for (let minute = 0; minute < 2 * 24 * 60; minute += minute < 100 ? 1 : 15) {
    if ((await verifications.takeDue(at(minute))).length === 0) continue;
    askedAt.push(minute);
    await keepHouse(database.em, { now: at(minute), retentionDays: 30 });
  }
  expect(askedAt).toHaveLength(triesMax);
  expect(askedAt.slice(0, 5)).toEqual([0, 1, 3, 13, 73]);
  expect((await new HealthView(database.em).find('wh-1', null))?.verification).toMatchObject({
    tries: 7,
    nextAt: null,
  });
}, 60_000);

test('in a round two of a host are asked, whoever names it, and twenty of a client', async () => {
  await database.rows(
    `insert into client (id, name, created_at) values ('client-2', 'x', now()) on conflict do nothing`,
  );
  for (let index = 0; index < 5; index += 1) {
    const clientId = index < 3 ? 'client-1' : 'client-2';
    const url = `https://victim.example/${index}?x`;
    await storeWebhook(database.em, `wh-a-${index}`, { ...unverified, clientId, url });
  }
  for (let index = 0; index < 25; index += 1) {
    await storeWebhook(database.em, `wh-b-${index}`, { ...unverified, url: `https://h${index}.example/` });
  }
  const verifications = new VerificationStore(database.em);
  const first = await verifications.takeDue(at(0));
  expect(first.filter(({ id }) => id.startsWith('wh-a')).map(({ id }) => id)).toEqual(['wh-a-0', 'wh-a-1']);
  // Twenty of the first client, of which one was the third of that host.
  expect(first).toHaveLength(19);
  const asked = new Set(first.map(({ id }) => id));
  for (let round = 0; round < 5; round += 1) {
    for (const { id } of await verifications.takeDue(at(0))) asked.add(id);
  }
  expect(asked.size).toBe(30);
});

test('a proof enables it, at the rate that is allowed, and its client is told what it missed', async () => {
  await storeWebhook(database.em, 'wh-1', {
    ...unverified,
    disabledAt: at(-5),
    missedSince: at(-5),
    rateLimitPerSecond: 10,
  });
  expect(await definition()).toMatchObject({ isActive: false, disabledBy: 'unverified', rateLimitPerSecond: 10 });
  const responseHeaders = { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '120' };
  expect((await answered({ responseHeaders })).verified).toEqual(['wh-1']);
  expect(await row()).toMatchObject({ isActive: true, disabledBy: null, verificationPending: false, verifiedAt: at(1), missedSince: at(-5) }); // prettier-ignore
  expect(await definition()).toMatchObject({ isActive: true, disabledBy: null, rateLimitPerSecond: 2 });
  const [notice] = await database.em.fork().find(OutboxRow, { topic: 'webhook.notices' });
  const replay = { filter: { webhookId: 'wh-1', missedWhileDisabled: true, missedSince: at(-5).toISOString() } };
  expect(JSON.stringify(notice?.value)).toContain(JSON.stringify(replay));
});

test('a start in the past waits for the proof, over another URL, and begins with it', async () => {
  const rewindTo = at(-60);
  await storeWebhook(database.em, 'wh-1', { ...unverified, disabledAt: at(-5), missedSince: at(-5), rewindTo });
  await change(true, { url: 'https://second.example/hooks' });
  expect(await row()).toMatchObject({ ...unverified, rewindTo, rewindId: null });
  const asked = await row();
  expect((await answered({ targetVersion: asked.targetVersion })).verified).toEqual(['wh-1']);
  const { rewindId } = await row();
  expect(await definition()).toMatchObject({ isActive: true, rewind: 'holding' });
  const [replay] = await database.rows(
    'select id, status, filter, created_by as by, next_batch_at > created_at as "isLater" from replay',
  );
  const filter = { webhookId: 'wh-1', rewindTo: rewindTo.toISOString() };
  expect(replay).toEqual({ id: rewindId, status: 'pending', filter, by: 'monitor', isLater: true });
  const notices = await database.em.fork().find(OutboxRow, { topic: 'webhook.notices' });
  const told = JSON.stringify(notices.at(-1)?.value);
  expect(told).toContain(JSON.stringify({ replayId: rewindId, to: rewindTo.toISOString() }));
  expect(told).not.toContain('missedWhileDisabled');
});

test('a start in the past ends when its owner disables the webhook, as a rewind does', async () => {
  await storeWebhook(database.em, 'wh-1', { ...unverified, rewindTo: at(-60) });
  await change(true, { activity: { isActive: false, by: 'client', reason: null } });
  await change(true, { activity: { isActive: true } });
  await answered();
  expect(await row()).toMatchObject({ isActive: true, rewindId: null, rewindTo: null });
});

test('what proves nothing is told, and enables nothing', async () => {
  await storeWebhook(database.em, 'wh-1', unverified);
  const refused = { status: 'failed_permanent', provedEndpoint: false, errorMessage: 'it answered 405' } as const;
  expect((await answered(refused)).verified).toEqual([]);
  // Of a dispatcher of before, which sent it as a ping; of another URL.
  expect((await answered({ provedEndpoint: null })).verified).toEqual([]);
  expect((await answered({ targetVersion: 2 })).verified).toEqual([]);
  expect(await row()).toMatchObject(unverified);
  const health = await new HealthView(database.em).find('wh-1', null);
  expect(health?.verification.problem).toContain('older version');
});

test('one that its owner switched off stays off, and is sent nothing for that', async () => {
  await storeWebhook(database.em, 'wh-1', unverified);
  await change(true, { activity: { isActive: false, by: 'client', reason: null } });
  expect(await row()).toMatchObject({ isActive: false, disabledBy: 'client', verificationPending: true });
  expect(await definition()).toMatchObject({ disabledBy: 'unverified' });
  expect(await new VerificationStore(database.em).takeDue(at(0))).toEqual([]);
  await answered();
  expect(await row()).toMatchObject({ isActive: false, disabledBy: 'client', verificationPending: false });
});

test('whoever enables one has its endpoint asked anew; without the rule it is enabled', async () => {
  await storeWebhook(database.em, 'wh-1', { ...unverified, disabledBy: 'client' });
  await change(true, { activity: { isActive: true } });
  expect(await row()).toMatchObject(unverified);
  expect(await change(true, { activity: { isActive: true } })).toBe('unverified');
  await change(false, { activity: { isActive: true } });
  expect(await row()).toMatchObject({ isActive: true, disabledBy: null, verificationPending: false });
});

test('another URL has proven nothing, where the rule is on; what is there needs no proof', async () => {
  await storeWebhook(database.em, 'wh-1', { verifiedAt: at(-5), allowedPerMinute: 60 });
  await change(true, {});
  expect(await row()).toMatchObject({ isActive: true, verificationPending: false });
  await change(false, { url: 'https://second.example/hooks' });
  expect(await row()).toMatchObject({ isActive: true, verifiedAt: null, allowedPerMinute: null });
  await change(true, { url: 'https://third.example/hooks' });
  expect(await row()).toMatchObject(unverified);
  const url = 'https://fourth.example/hooks';
  expect(await change(true, { url, activity: { isActive: true } })).toBe('updated');
  expect(await row()).toMatchObject({ ...unverified, url });
});

/** Webhooks as a screen asks for them: by their owner's labels, by how they stand, and how they are doing, in one call. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addAttempts, emptyWindows } from '../../../libs/domain/health/health-window.ts';
import { unknownHealth } from '../../../libs/domain/health/health.ts';
import type { WebhookHealth } from '../../../libs/domain/health/webhook-health.ts';
import { writeHealth } from '../../../libs/postgres/health/health-rows.ts';
import { createOrm } from '../../../libs/postgres/orm.ts';
import { readerOf } from '../../../libs/postgres/read.ts';
import { maskedId } from '../../../libs/runtime/metrics.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';
import { traced } from './statement-trace.ts';

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
}, 120_000);

afterAll(async () => {
  await world.close();
});

async function list(query: string, key = ann.key) {
  const answer = await world.ask(`GET /v1/webhooks?${query}`, { key });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body['data'] as ({ id: string } & Record<string, unknown>)[];
}

const idsOf = async (query: string, key?: string) => (await list(query, key)).map(({ id }) => id);

/** As the monitor writes it. */
async function setHealth(webhookId: string, health: Partial<WebhookHealth>): Promise<void> {
  const orm = createOrm(world.env.DATABASE_URL, 1);
  await writeHealth(readerOf(orm.em), [{ webhookId, health: { ...unknownHealth, ...health } }], new Date());
  await orm.close(true);
}

describe('labels and an external id', () => {
  test('are the owner’s, changed one by one, and make no version where they stay', async () => {
    const made = await newWebhook(world, ann.key, { labels: { zone: 'eu', a: '1' }, externalId: 'crm-1' });
    expect(made).toMatchObject({ labels: { zone: 'eu', a: '1' }, externalId: 'crm-1', version: 1 });
    const patch = async (body: object) =>
      (await world.ask(`PATCH /v1/webhooks/${made.id}`, { key: ann.key, body })).body;
    expect(await patch({ labels: { a: '1', zone: 'eu' } })).toMatchObject({ version: 1 });
    expect(await patch({ labels: { a: null, team: 'x:y' } })).toMatchObject({
      labels: { zone: 'eu', team: 'x:y' },
      version: 2,
    });
    expect(await patch({ labels: null, externalId: null })).toMatchObject({ labels: {}, externalId: null, version: 3 });
  });

  test.each<[string, object, string]>([
    ['a name with a blank', { labels: { 'a b': 'x' } }, '/labels/a b name'],
    ['a value of two lines', { labels: { a: 'x\ny' } }, '/labels/a pattern'],
    [
      'more than twenty',
      { labels: Object.fromEntries(numbers(21).map((no) => [`l${no}`, ''])) },
      '/labels maxProperties',
    ],
    ['an external id of nothing', { externalId: '' }, '/externalId minLength'],
  ])('%s is refused', async (_, more, expected) => {
    const body = { url: 'https://example.com/hook', eventTypes: ['*'], ...more };
    const answer = await world.ask('POST /v1/webhooks', { body, key: ann.key });
    const errors = (answer.body['errors'] ?? []) as { path: string; rule: string }[];
    expect(errors.map(({ path, rule }) => `${path} ${rule}`)).toEqual([expected]);
  });

  test('that come to more than twenty by a change are refused', async () => {
    const labels = (from: number) => Object.fromEntries(numbers(15).map((no) => [`l${from + no}`, '']));
    const { id } = await newWebhook(world, ann.key, { labels: labels(0) });
    const answer = await world.ask(`PATCH /v1/webhooks/${id}`, { key: ann.key, body: { labels: labels(10) } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/labels', rule: 'maxProperties' }] } });
  });
});

describe('a pause', () => {
  const hourMs = 3_600_000;
  const stateOf = async (id: string) => {
    const { health } = (await world.ask(`GET /v1/webhooks/${id}?include=health`, { key: ann.key })).body as {
      health: { state: string; pausedUntil: string | null; recoveringUntil: string | null };
    };
    return health;
  };

  test('ends by itself at the latest when what waits would be too old, or earlier; resumed, the pace grows', async () => {
    const { id } = await newWebhook(world, ann.key);
    const ask = (action: 'pause' | 'resume' | 'disable' | 'enable', body?: object) =>
      world.ask(`POST /v1/webhooks/${id}/${action}`, { key: ann.key, ...(body === undefined ? {} : { body }) });
    const before = Date.now();
    const open = (await ask('pause')).body as { pausedSince: string; pausedUntil: string; holdsUntil: string };
    expect(Date.parse(open.holdsUntil) - Date.parse(open.pausedSince)).toBe(72 * hourMs);
    expect(open).toMatchObject({ version: 2, pausedUntil: open.holdsUntil });
    expect(Date.parse(open.pausedSince)).toBeGreaterThanOrEqual(before - 1_000);
    // The same again is no change; another end is.
    expect((await ask('pause', { until: open.holdsUntil })).body).toMatchObject({ version: 2 });
    const until = new Date(before + hourMs).toISOString();
    const { pausedSince, holdsUntil } = open;
    const shorter = { version: 3, pausedSince, holdsUntil, pausedUntil: until };
    expect((await ask('pause', { until })).body).toMatchObject(shorter);
    expect(await stateOf(id)).toMatchObject({ state: 'paused', pausedUntil: until, recoveringUntil: null });
    expect(await idsOf('state=paused')).toContain(id);
    for (const refused of [new Date(before - 1).toISOString(), new Date(before + 73 * hourMs).toISOString()]) {
      const answer = await ask('pause', { until: refused });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/until', rule: 'range' }] } });
    }
    expect((await ask('resume')).body).toMatchObject({ version: 4, pausedSince: null, pausedUntil: null });
    expect((await ask('resume')).body).toMatchObject({ version: 4 });
    expect(await stateOf(id)).toMatchObject({ state: 'recovering', pausedUntil: null });
    expect(await idsOf('state=recovering')).toContain(id);
    // Another one is as long as the first might have been, and that one is not forgotten.
    const again = (await ask('pause')).body as typeof open & { version: number };
    expect(again.version).toBe(5);
    expect(Date.parse(again.holdsUntil) - Date.parse(again.pausedSince)).toBe(72 * hourMs);
    expect((await ask('disable')).body).toMatchObject({ isActive: false, pausedUntil: null });
    expect(await ask('pause')).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    expect((await ask('enable')).body).toMatchObject({ isActive: true, pausedUntil: null });
    const entries = (await world.ask(`GET /v1/audit?objectId=${id}`, { key: ann.key })).body['data'] as {
      action: string;
    }[];
    expect(entries.map(({ action }) => action)).toEqual([
      ...[
        'webhook.enabled',
        'webhook.disabled',
        'webhook.paused',
        'webhook.resumed',
        'webhook.paused',
        'webhook.paused',
      ],
      'webhook.created',
    ]);
  });
});

describe('a list of webhooks', () => {
  test('is of those with all of the labels, or with a text in them', async () => {
    const owner = await newClient(world);
    const both = await newWebhook(world, owner.key, { labels: { team: 'billing', env: 'live' } });
    const one = await newWebhook(world, owner.key, { labels: { team: 'billing' }, description: '100% of ORDERS' });
    const third = await newWebhook(world, owner.key, { url: 'https://example.com/x_y', externalId: 'CRM-7' });
    const found = (query: string) => idsOf(query, owner.key);
    expect(await found('label=team:billing')).toEqual([one.id, both.id]);
    expect(await found('label=team:billing&label=env:live')).toEqual([both.id]);
    expect(await found('label=team:other')).toEqual([]);
    expect(await found('q=crm-')).toEqual([third.id]);
    expect(await found('q=orders')).toEqual([one.id]);
    expect(await found('q=0%25%20of')).toEqual([one.id]);
    expect(await found('q=x_y')).toEqual([third.id]);
    expect(await found('q=x%25y')).toEqual([]);
    expect(await found('q=EXAMPLE.com&limit=1')).toEqual([third.id]);
  });

  test('is of those that stand so, as their health says it', async () => {
    const owner = await newClient(world);
    const [healthy, failing, disabled, enabled] = [
      await newWebhook(world, owner.key),
      await newWebhook(world, owner.key),
      await newWebhook(world, owner.key, { isActive: false }),
      await newWebhook(world, owner.key),
    ];
    const failed = { state: 'failing', consecutiveFailures: 3, lastFailureAt: Date.now() } as const;
    for (const { id } of [failing, disabled, enabled]) await setHealth(id, { ...failed, targetVersion: 1 });
    // Enabled again: what was before is forgiven.
    await world.ask(`POST /v1/webhooks/${enabled.id}/disable`, { key: owner.key });
    await world.ask(`POST /v1/webhooks/${enabled.id}/enable`, { key: owner.key });
    const found = (query: string) => idsOf(query, owner.key);
    expect(await found('state=failing')).toEqual([failing.id]);
    expect(await found('state=disabled&state=failing')).toEqual([disabled.id, failing.id]);
    expect(await found('state=healthy')).toEqual([enabled.id, healthy.id]);
    const told = (await list('include=health', owner.key)).map(({ id, health }) => [
      id,
      (health as WebhookHealth).state,
    ]);
    expect(told).toEqual([
      [enabled.id, 'healthy'],
      [disabled.id, 'disabled'],
      [failing.id, 'failing'],
      [healthy.id, 'healthy'],
    ]);
    // Another address: what the old one did says nothing of it.
    await world.ask(`PATCH /v1/webhooks/${failing.id}`, { key: owner.key, body: { url: 'https://example.com/new' } });
    expect(await found('state=failing')).toEqual([]);
  });

  test('has those that fail most in a row first, where that is asked for', async () => {
    const owner = await newClient(world);
    const made = [];
    for (const _ of numbers(6)) made.push(await newWebhook(world, owner.key));
    const [well = '', some = '', most = '', enabled = '', same = '', late = ''] = made.map(({ id }) => id);
    const failed = { state: 'failing', lastFailureAt: Date.now(), targetVersion: 1 } as const;
    const failures = { [some]: 3, [most]: 40, [enabled]: 99, [same]: 3 };
    for (const [id, consecutiveFailures] of Object.entries(failures))
      await setHealth(id, { ...failed, consecutiveFailures });
    await world.ask(`POST /v1/webhooks/${enabled}/disable`, { key: owner.key });
    await world.ask(`POST /v1/webhooks/${enabled}/enable`, { key: owner.key });
    const expected = [most, same, some, late, enabled, well];
    expect(await idsOf('sort=worst', owner.key)).toEqual(expected);
    // Page by page, whatever its size, and with what other filters leave.
    for (const limit of [1, 2, 3, 4]) {
      const pages: string[] = [];
      let cursor = '';
      do {
        const path = `GET /v1/webhooks?sort=worst&limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const { body } = await world.ask(path, { key: owner.key });
        pages.push(...(body['data'] as { id: string }[]).map(({ id }) => id));
        cursor = (body['nextCursor'] as string | null) ?? '';
        expect(body['prevCursor']).toBeNull();
      } while (cursor !== '');
      expect(pages).toEqual(expected);
    }
    expect(await idsOf('sort=worst&state=failing', owner.key)).toEqual([most, same, some]);
    expect(await idsOf('sort=worst&state=healthy&isActive=true', owner.key)).toEqual([late, enabled, well]);
    const ofNewest = (await world.ask('GET /v1/webhooks?limit=1', { key: owner.key })).body['nextCursor'] as string;
    expect((await world.ask(`GET /v1/webhooks?sort=worst&cursor=${ofNewest}`, { key: owner.key })).status).toBe(422);
  });

  test('finds the one that metrics show masked', async () => {
    const owner = await newClient(world);
    const { id } = await newWebhook(world, owner.key);
    await newWebhook(world, owner.key);
    const masked = encodeURIComponent(maskedId(id));
    expect(await idsOf(`q=${masked}`, owner.key)).toEqual([id]);
    expect(await idsOf(`q=${id.slice(0, 4)}...${id.slice(-4)}`, owner.key)).toEqual([id]);
    expect(await idsOf(`q=${masked}`)).toEqual([]);
  });

  test.each(['state=unknown', 'sort=best', 'label=team', 'label=', 'q=', 'include=secrets', 'q=a&q=b'])(
    'by %s is refused',
    async (query) => {
      expect((await world.ask(`GET /v1/webhooks?${query}`, { key: ann.key })).status).toBe(422);
    },
  );
});

describe('with its health, a webhook', () => {
  test('says what it did within a day, what waits, and what holds it up', async () => {
    const { id } = await newWebhook(world, ann.key, { ordering: 'strict' });
    const now = Date.now();
    const attempts = numbers(6).map((no) => ({ startedAt: now - no * 100, isDelivered: no === 5, latencyMs: 20 }));
    await setHealth(id, {
      state: 'failing',
      consecutiveFailures: 5,
      failingSince: now - 500,
      lastFailureAt: now,
      lastSuccessAt: now - 500,
      windows: addAttempts(emptyWindows, attempts),
    });
    const ofWebhook = { clientId: ann.id, webhookId: id };
    const { deliveryId } = await seedHistory(
      world.env.DATABASE_URL,
      { ...ofWebhook, outcomes: [], time: now - 1_000 },
      { ...ofWebhook, outcomes: ['failed_retryable'], time: now - 5_000 },
    );
    const { status, body, headers } = await world.ask(`GET /v1/webhooks/${id}?include=health`, { key: ann.key });
    expect([status, headers['etag']]).toEqual([200, '"1"']);
    expect(body['health']).toEqual({
      state: 'failing',
      consecutiveFailures: 5,
      failingSince: new Date(now - 500).toISOString(),
      lastSuccessAt: new Date(now - 500).toISOString(),
      lastFailureAt: new Date(now).toISOString(),
      attempts: 6,
      successRate: 0.1667,
      latencyMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      waiting: { count: 2, oldestAt: new Date(now - 5_000).toISOString() },
      breaker: 'open',
      blockedBy: { deliveryId, since: expect.any(String) },
      recoveringUntil: null,
      pausedUntil: null,
    });
    const [listed] = (await list('include=health')).filter((one) => one.id === id);
    expect(listed?.['health']).toEqual(body['health']);
    expect((await list(`include=health&q=${id}`)).length).toBe(0);
    expect((await world.ask(`GET /v1/webhooks/${id}`, { key: ann.key })).body).not.toHaveProperty('health');
  });

  test('counts a thousand of what waits', async () => {
    const { id } = await newWebhook(world, ann.key);
    const time = Date.now() - 60_000;
    const one = { clientId: ann.id, webhookId: id, outcomes: [] };
    await seedHistory(world.env.DATABASE_URL, ...numbers(1_100).map((no) => ({ ...one, time: time + no })));
    const { body } = await world.ask(`GET /v1/webhooks/${id}?include=health`, { key: ann.key });
    expect(body['health']).toMatchObject({ waiting: { count: 1_000, oldestAt: new Date(time).toISOString() } });
  });

  test('costs as many statements among many as alone', async () => {
    const many = await newClient(world);
    for (const _ of numbers(250)) await newWebhook(world, many.key, { ordering: 'strict' });
    const asked = async (query: string) => {
      const { answer, statements } = await traced(() => list(`include=health&${query}`, many.key));
      return [answer.filter(({ health }) => health !== undefined).length, statements.length];
    };
    const [one, ofOne] = await asked('limit=1');
    expect([one, await asked('limit=250')]).toEqual([1, [250, ofOne]]);
  });
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, no) => no);
}

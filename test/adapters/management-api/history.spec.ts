/** What is read of the history, and what is asked of Kafka because of it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SuspensionRunner } from '../../../apps/management-api/erasing/erasing-runners.ts';
import { unknownHealth } from '../../../libs/domain/health/health.ts';
import { deliveryIdOf, historyIdOf } from '../../../libs/domain/ids.ts';
import { writeHealth } from '../../../libs/postgres/health/health-rows.ts';
import { createOrm } from '../../../libs/postgres/orm.ts';
import { readerOf } from '../../../libs/postgres/read.ts';
import { until } from '../../support/until.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';
import { followTopic } from './topic-reader.ts';

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let bob: Awaited<ReturnType<typeof newClient>>;
let webhookId: string;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  bob = await newClient(world, 'Bob');
  webhookId = (await newWebhook(world, ann.key)).id;
}, 120_000);

afterAll(async () => {
  await world.close();
});

const seed = (more: object = {}) => seedHistory(world.env.DATABASE_URL, { clientId: ann.id, webhookId, ...more });

describe('a delivery', () => {
  test('shows what was sent and every attempt', async () => {
    const { deliveryId, eventId } = await seed({
      outcomes: ['failed_retryable', 'failed_retryable', 'delivered'],
      data: '{"big":12345678901234567890}',
    });
    const { status, body } = await world.ask(`GET /v1/deliveries/${deliveryId}`, { key: ann.key });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: deliveryId,
      webhookId,
      clientId: ann.id,
      eventId,
      eventType: 'order.created',
      kind: 'event',
      status: 'delivered',
      reason: null,
      attemptCount: 3,
      nextAttemptAt: null,
      lastResponseCode: 200,
      payloadContentType: 'application/json',
    });
    expect(body['payloadSent']).toContain('"data":{"big":12345678901234567890}');
    expect(body['attempts']).toMatchObject([
      {
        attempt: 1,
        trigger: 'first',
        round: '',
        replayId: null,
        requestHeaders: { 'webhook-id': deliveryId, 'x-pass': '********' },
        outcome: 'failed_retryable',
        responseCode: 503,
        responseBodySample: 'busy',
        error: null,
        traceId: null,
      },
      { attempt: 2, trigger: 'retry', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
      {
        attempt: 3,
        trigger: 'retry',
        outcome: 'delivered',
        responseCode: 200,
        responseBodySample: 'thanks',
        error: null,
      },
    ]);
    expect(body['age']).toEqual({ fanoutMs: 0, ownLimitsMs: 1_000, retryWaitMs: 1_976, endpointMs: 36 });
  });

  test('says of each attempt which replay it belongs to', async () => {
    const { deliveryId } = await seed({ attempt: { round: 'rp_0199c1d2', trigger: 'replay' } });
    const { body } = await world.ask(`GET /v1/deliveries/${deliveryId}`, { key: ann.key });
    expect(body['attempts']).toMatchObject([{ round: 'rp_0199c1d2', replayId: 'rp_0199c1d2' }]);
  });

  test('has the id that its receiver got as webhook-id, and is sent again under it', async () => {
    const eventId = randomUUID();
    const time = Date.now();
    // Two copies of one event, with other times.
    const { deliveryId } = await seed({ eventId, time: time - 2 * 86_400_000 });
    const copy = await seed({ eventId, time });
    expect([deliveryId, copy.deliveryId]).toEqual([deliveryIdOf(eventId, webhookId, '/test'), deliveryId]);
    const { body } = await world.ask(`GET /v1/deliveries/${deliveryId}`, { key: ann.key });
    expect(body).toMatchObject({ id: deliveryId, createdAt: new Date(time).toISOString() });
    expect(body['payloadSent']).toContain(`"deliveryId":"${deliveryId}"`);
    // Its key in the history is another way to it.
    const older = historyIdOf(deliveryId, time - 2 * 86_400_000);
    expect((await world.ask(`GET /v1/deliveries/${older}`, { key: ann.key })).body).toMatchObject({
      id: deliveryId,
      createdAt: new Date(time - 2 * 86_400_000).toISOString(),
    });
    const listed = await world.ask(`GET /v1/deliveries?eventId=${eventId}`, { key: ann.key });
    expect((listed.body['data'] as { id: string }[]).map(({ id }) => id)).toEqual([deliveryId, deliveryId]);
    expect((await world.ask(`GET /v1/deliveries/${deliveryId}`, { key: bob.key })).status).toBe(404);
    const deliveries = await followTopic(world, 'webhook.deliveries');
    try {
      const resent = await world.ask(`POST /v1/deliveries/${deliveryId}/resend`, { key: ann.key });
      expect(resent).toMatchObject({ status: 202, body: { deliveryId } });
      const sent = await deliveries.until((all) => all.some((one) => one['deliveryId'] === deliveryId));
      expect(Number(sent.find((one) => one['deliveryId'] === deliveryId)?.['eventTime'])).toBe(time);
    } finally {
      await deliveries.stop();
    }
    const decisions = (await world.ask(`GET /v1/events/${eventId}`, { key: ann.key })).body['decisions'];
    expect(decisions).toMatchObject([{ deliveryId }]);
  });

  test('of a version before has the id that carries its time, as it went out', async () => {
    const { deliveryId, eventId } = await seed({ isOfEarlierVersion: true });
    const { body } = await world.ask(`GET /v1/deliveries/${deliveryId}`, { key: ann.key });
    expect(body).toMatchObject({ id: deliveryId });
    expect(body['payloadSent']).toContain(`"deliveryId":"${deliveryId}"`);
    const listed = await world.ask(`GET /v1/deliveries?eventId=${eventId}`, { key: ann.key });
    expect(listed.body['data']).toMatchObject([{ id: deliveryId }]);
  });

  test('whose event is not in the history shows no payload', async () => {
    const other = await seed();
    const orm = createOrm(world.env.DATABASE_URL, 1);
    await orm.em.fork().execute(`delete from event where event_id = '${other.eventId}'`);
    await orm.close(true);
    const { body } = await world.ask(`GET /v1/deliveries/${other.deliveryId}`, { key: ann.key });
    expect(body).toMatchObject({ payloadSent: null, payloadContentType: null, attemptCount: 1 });
    const resent = await world.ask(`POST /v1/deliveries/${other.deliveryId}/resend`, { key: ann.key });
    expect(resent).toMatchObject({ status: 409, body: { code: 'event_not_in_history' } });
  });

  test('of a webhook that was deleted or disabled is not sent again', async () => {
    const { id } = await newWebhook(world, ann.key, { isActive: false });
    const { deliveryId } = await seed({ webhookId: id });
    const resend = () => world.ask(`POST /v1/deliveries/${deliveryId}/resend`, { key: ann.key, body: {} });
    expect(await resend()).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    await world.ask(`DELETE /v1/webhooks/${id}`, { key: ann.key });
    expect(await resend()).toMatchObject({ status: 409, body: { code: 'webhook_deleted' } });
    expect((await world.ask(`GET /v1/deliveries/${deliveryId}`, { key: ann.key })).status).toBe(200);
  });

  test('is sent again with the same id and body, in rounds of their own', async () => {
    const deliveries = await followTopic(world, 'webhook.deliveries');
    try {
      const { deliveryId, eventId } = await seed();
      const { body: past } = await world.ask(`GET /v1/deliveries/${deliveryId}`, { key: ann.key });
      const first = await world.ask(`POST /v1/deliveries/${deliveryId}/resend`, { key: ann.key });
      const second = await world.ask(`POST /v1/deliveries/${deliveryId}/resend`, { key: ann.key });
      expect([first.status, second.status]).toEqual([202, 202]);
      const sent = await deliveries.until((all) => all.filter((one) => one['deliveryId'] === deliveryId).length === 2);
      const mine = sent.filter((one) => one['deliveryId'] === deliveryId);
      expect(mine).toMatchObject([
        { webhookId, eventId, kind: 'event', trigger: 'manual', attempt: 1, round: first.body['round'] },
        { trigger: 'manual', attempt: 1, round: second.body['round'] },
      ]);
      expect((mine[0]?.['body'] as Buffer).toString()).toBe(past['payloadSent']);
      expect(first.body['round']).not.toBe(second.body['round']);
      const from = new Date(Date.now() - 60_000).toISOString();
      const query = `objectId=${deliveryId}&action=delivery.resent&actorId=${ann.keyId}&from=${from}`;
      const audit = await world.ask(`GET /v1/audit?${query}`, { key: ann.key });
      expect(audit.body['data']).toMatchObject([
        { objectKind: 'delivery', clientId: ann.id, after: { webhookId } },
        { objectKind: 'delivery' },
      ]);
      const to = new Date(Date.parse(from) + 1).toISOString();
      expect((await world.ask(`GET /v1/audit?${query}&to=${to}`)).body['data']).toEqual([]);
    } finally {
      await deliveries.stop();
    }
  });
});

describe('lists of deliveries', () => {
  test('are filtered, in the order of events, page by page', async () => {
    const { id } = await newWebhook(world, ann.key);
    const start = Date.parse('2026-01-10T00:00:00Z');
    const made = [
      { eventType: 'order.paid', time: start, outcomes: ['delivered'] },
      { eventType: 'order.paid', time: start + 1000, outcomes: [] },
      { eventType: 'order.paid', time: start + 2000, outcomes: ['failed_retryable'] },
      { eventType: 'order.sent', time: start + 86_400_000, outcomes: ['failed_permanent'] },
    ] as const;
    const ids: string[] = [];
    for (const one of made) ids.push((await seed({ ...one, webhookId: id })).deliveryId);
    const found = async (query: string) => {
      const { body } = await world.ask(`GET /v1/webhooks/${id}/deliveries?${query}`, { key: ann.key });
      return (body['data'] as { id: string }[]).map((one) => ids.indexOf(one.id));
    };
    expect(await found('')).toEqual([3, 2, 1, 0]);
    expect(await found('status=delivered')).toEqual([0]);
    expect(await found('status=pending')).toEqual([1]);
    expect(await found('status=failed_retryable')).toEqual([2]);
    expect(await found('status=failed_permanent')).toEqual([3]);
    expect(await found('eventType=order.paid')).toEqual([2, 1, 0]);
    expect(await found('from=2026-01-10T00:00:01Z&to=2026-01-11T00:00:00Z')).toEqual([2, 1]);
    expect(await found('from=2026-01-11T01:00:00%2B01:00')).toEqual([3]);
    const pages: number[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await world.ask(`GET /v1/deliveries?webhookId=${id}&limit=1${cursor}`, { key: ann.key });
      pages.push(...(body['data'] as { id: string }[]).map((one) => ids.indexOf(one.id)));
      if (typeof body['nextCursor'] !== 'string') break;
      cursor = `&cursor=${body['nextCursor']}`;
    }
    expect(pages).toEqual([3, 2, 1, 0]);
  });

  test('are walked to their end and back, and exported whole', async () => {
    const { id } = await newWebhook(world, ann.key);
    const start = Date.now() - 50_000;
    const made: string[] = [];
    for (let no = 0; no < 7; no += 1) made.unshift((await seed({ webhookId: id, time: start + no })).deliveryId);
    const page = async (cursor: unknown) => {
      const query = typeof cursor === 'string' ? `&cursor=${cursor}` : '';
      const { body } = await world.ask(`GET /v1/deliveries?webhookId=${id}&limit=3${query}`, { key: ann.key });
      const { data, nextCursor, prevCursor } = body as Record<'nextCursor' | 'prevCursor', unknown> & {
        data: object[];
      };
      return { ids: (data as { id: string }[]).map((one) => one.id), data, nextCursor, prevCursor };
    };
    const first = await page(null);
    const second = await page(first.nextCursor);
    const third = await page(second.nextCursor);
    expect([first, second, third].flatMap(({ ids }) => ids)).toEqual(made);
    expect([first.prevCursor, third.nextCursor]).toEqual([null, null]);
    const back = await page(third.prevCursor);
    expect(back).toEqual(second);
    expect(await page(back.prevCursor)).toEqual(first);
    const exported = await world.ask(`GET /v1/exports/deliveries?webhookId=${id}`, { key: ann.key });
    expect(exported.headers['content-type']).toBe('application/x-ndjson');
    const lines = exported.text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(made);
    const { body } = await world.ask(`GET /v1/deliveries?webhookId=${id}&limit=1`, { key: ann.key });
    expect(JSON.parse(lines[0] ?? '')).toEqual((body['data'] as object[])[0]);
    const others = await world.ask(`GET /v1/exports/deliveries?webhookId=${id}`, { key: bob.key });
    expect([others.status, others.text]).toEqual([200, '']);
  });

  test('are filtered by event', async () => {
    const eventId = `evt/${randomUUID()}`;
    const { deliveryId } = await seed({ eventId });
    const { body } = await world.ask(`GET /v1/deliveries?eventId=${encodeURIComponent(eventId)}`, { key: ann.key });
    expect((body['data'] as { id: string }[]).map(({ id }) => id)).toEqual([deliveryId]);
  });
});

describe('events', () => {
  test('are found by the id of their producer, with data as it was written', async () => {
    const { eventId, deliveryId } = await seed({
      eventId: `a/b ${randomUUID()}?#ä`,
      data: '{"n":1.50,"big":12345678901234567890}',
    });
    const { status, text, body } = await world.ask(`GET /v1/events/${encodeURIComponent(eventId)}`, { key: ann.key });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: eventId,
      clientId: ann.id,
      decisions: [{ webhookId, decision: 'matched', deliveryId }],
    });
    expect(text).toContain('"big":12345678901234567890');
  });

  test('that are broadcasts show a client the decisions on its own webhooks only', async () => {
    const eventId = randomUUID();
    await seed({ eventId, audience: null, others: [[bob.id, 'wh_bobs']] });
    const decisions = async (key: string) =>
      (await world.ask(`GET /v1/events/${eventId}`, { key })).body['decisions'] as { webhookId: string }[];
    expect((await decisions(ann.key)).map((one) => one.webhookId)).toEqual([webhookId]);
    expect((await decisions(bob.key)).map((one) => one.webhookId)).toEqual(['wh_bobs']);
    expect((await decisions(world.adminKey)).length).toBe(2);
    const listed = await world.ask('GET /v1/events?limit=250', { key: bob.key });
    expect((listed.body['data'] as { id: string }[]).map(({ id }) => id)).toContain(eventId);
  });

  test('with the same id at two clients are told apart', async () => {
    const eventId = randomUUID();
    await seed({ eventId, data: '"of ann"' });
    await seed({ eventId, data: '"of bob"', clientId: bob.id });
    const dataFor = async (key: string, query = '') =>
      (await world.ask(`GET /v1/events/${eventId}${query}`, { key })).body['data'];
    expect(await dataFor(ann.key)).toBe('of ann');
    expect(await dataFor(bob.key)).toBe('of bob');
    expect(await dataFor(world.adminKey, `?clientId=${ann.id}`)).toBe('of ann');
  });

  test('come in pages over own ones and broadcasts, newest first', async () => {
    const carl = await newClient(world);
    const start = Date.now() - 100_000;
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const audience = index % 2 === 0 ? carl.id : null;
      made.unshift((await seed({ clientId: carl.id, audience, time: start + index, eventType: 'carl.was' })).eventId);
    }
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await world.ask(`GET /v1/events?type=carl.was&limit=2${cursor}`, { key: carl.key });
      seen.push(...(body['data'] as { id: string }[]).map(({ id }) => id));
      if (typeof body['nextCursor'] !== 'string') break;
      cursor = `&cursor=${body['nextCursor']}`;
    }
    expect(seen).toEqual(made);
    const last = await world.ask(`GET /v1/events?type=carl.was&limit=2${cursor}`, { key: carl.key });
    const back = await world.ask(`GET /v1/events?type=carl.was&limit=2&cursor=${String(last.body['prevCursor'])}`, {
      key: carl.key,
    });
    expect((back.body['data'] as { id: string }[]).map(({ id }) => id)).toEqual(made.slice(2, 4));
    const exported = await world.ask('GET /v1/exports/events?type=carl.was', { key: carl.key });
    expect(exported.headers['content-type']).toBe('application/x-ndjson');
    const lines = exported.text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(made);
    expect(JSON.parse(lines[4] ?? '')).toEqual((last.body['data'] as object[]).at(-1));
    expect((await world.ask('GET /v1/exports/events?type=carl.was', { key: bob.key })).text.split('\n')).toHaveLength(
      3,
    );
  });
});

test('the audit log is exported as it is listed', async () => {
  const { key, id } = await newClient(world);
  await newWebhook(world, key);
  const listed = (await world.ask('GET /v1/audit', { key })).body['data'] as { clientId: string }[];
  const exported = await world.ask('GET /v1/exports/audit', { key });
  expect(exported.text.trimEnd().split('\n').map((line) => JSON.parse(line) as object)).toEqual(listed); // prettier-ignore
  expect(new Set(listed.map(({ clientId }) => clientId))).toEqual(new Set([id]));
});

test.each(['deliveries', 'events', 'audit', 'exports/deliveries', 'exports/events', 'exports/audit'])(
  '%s between times that are the wrong way round are refused',
  async (path) => {
    const answer = await world.ask(`GET /v1/${path}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/to', rule: 'range' }] } });
  },
);

describe('an event that is erased', () => {
  const personal = 'ann@example.com';
  const attempt = { responseBodySample: Buffer.from(`thanks, ${personal}`), responseHeaders: { 'x-for': personal } };
  const erase = (id: string, key = ann.key, query = '') => world.ask(`DELETE /v1/events/${id}${query}`, { key });

  test('has no data, no payload and no answers any more, and cannot be sent again', async () => {
    const sent = { data: JSON.stringify({ mail: personal }), subject: personal, attempt };
    const event = { eventId: randomUUID(), time: Date.now(), ...sent };
    const { eventId, deliveryId } = await seed(event);
    const delivery = () => world.ask(`GET /v1/deliveries/${deliveryId}`, { key: ann.key });
    const read = () => world.ask(`GET /v1/events/${eventId}`, { key: ann.key });
    expect([(await delivery()).text, (await read()).text].every((text) => text.includes(personal))).toBe(true);

    const erased = await erase(eventId);
    expect(erased).toMatchObject({ status: 202, body: { requestedBy: `api_key ${ann.keyId}` } });
    const kept = erased.body['keptOnKafka'] as { topic: string; until: string }[];
    expect(kept.find(({ topic }) => topic.endsWith('webhook.delivery-outcomes'))?.until).toBe(
      new Date(Date.parse(String(erased.body['requestedAt'])) + 67 * 86_400_000).toISOString(),
    );
    await until(async () => (await read()).text.includes('"finishedAt":"'), {
      timeoutMs: 10_000,
      what: 'its attempts are erased',
    });
    expect((await read()).body).toMatchObject({
      isErased: true,
      data: null,
      subject: null,
      erasure: { attempts: 1, requestedAt: erased.body['requestedAt'] },
      decisions: [{ webhookId, decision: 'matched', deliveryId }],
    });
    expect((await delivery()).body).toMatchObject({
      isErased: true,
      payloadSent: null,
      status: 'delivered',
      attempts: [{ outcome: 'delivered', responseCode: 200, responseHeaders: {}, responseBodySample: null }],
    });
    const listed = await world.ask(`GET /v1/events?include=data&limit=50`, { key: ann.key });
    expect((listed.body['data'] as { id: string }[]).find(({ id }) => id === eventId)).toMatchObject({ data: null });
    const resent = await world.ask(`POST /v1/deliveries/${deliveryId}/resend`, { key: ann.key });
    expect(resent).toMatchObject({ status: 409, body: { code: 'event_erased' } });
    const tried = await world.ask(`POST /v1/webhooks/${webhookId}/filter-test`, { key: ann.key, body: { eventId } });
    expect(tried).toMatchObject({ status: 409, body: { code: 'event_erased' } });

    // What comes late of it, a copy of another day included.
    await seed({ ...event, outcomes: ['failed_retryable', 'delivered'] });
    await seed({ ...event, time: Date.now() - 3 * 86_400_000 });
    const all = await world.ask(`GET /v1/deliveries?eventId=${eventId}`, { key: ann.key });
    expect(all.body['data']).toMatchObject([{ attemptCount: 2 }, { attemptCount: 1 }]);
    expect([(await delivery()).text, (await read()).text].some((text) => text.includes(personal))).toBe(false);

    expect((await erase(eventId)).body['requestedAt']).toBe(erased.body['requestedAt']);
    const audit = await world.ask(`GET /v1/audit?objectKind=event&objectId=${eventId}`, { key: ann.key });
    expect(audit.body['data']).toMatchObject([{ action: 'event.erased', clientId: ann.id }]);
  });

  test('is its client’s own; a broadcast is an operator’s; of several it is said which one', async () => {
    const { eventId } = await seed({ data: `"${personal}"` });
    expect(await erase(eventId, bob.key)).toMatchObject({ status: 404 });
    await seed({ eventId, source: '/elsewhere' });
    expect(await erase(eventId)).toMatchObject({ status: 409, body: { code: 'several_events' } });
    expect(await erase(eventId, ann.key, '?source=/elsewhere')).toMatchObject({ status: 202 });
    const broadcast = await seed({ audience: null });
    expect(await erase(broadcast.eventId)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await erase(broadcast.eventId, world.adminKey)).toMatchObject({ status: 202 });
  });
});

describe('a client that is suspended', () => {
  test('only looks, its webhooks are held, and all of it is as before when it comes back', async () => {
    const dora = await newClient(world, 'Dora');
    const [active, paused, disabled] = [
      await newWebhook(world, dora.key),
      await newWebhook(world, dora.key),
      await newWebhook(world, dora.key, { isActive: false }),
    ];
    const ownEnd = new Date(Date.now() + 3_600_000).toISOString();
    await world.ask(`POST /v1/webhooks/${paused.id}/pause`, { key: dora.key, body: { until: ownEnd } });
    const shown = async ({ id }: { id: string }) => (await world.ask(`GET /v1/webhooks/${id}`)).body;
    const turn = (to: string, key = world.adminKey) =>
      world.ask(`POST /v1/clients/${dora.id}/${to}`, { key, body: {} });
    const can = async () => (await world.ask('GET /v1/me', { key: dora.key })).body['capabilities'];
    const all = await can();

    expect((await turn('suspend', dora.key)).status).toBe(403);
    expect(await turn('suspend')).toMatchObject({ status: 200, body: { suspendedAt: expect.any(String) } });
    expect(await can()).toEqual(['payloads.read']);
    const wanted = { url: 'https://example.com/hook', eventTypes: ['*'] };
    expect((await world.ask('POST /v1/webhooks', { key: dora.key, body: wanted })).status).toBe(403);
    expect(await world.ask('POST /v1/webhooks', { body: { ...wanted, clientId: dora.id } })).toMatchObject({
      status: 409,
      body: { code: 'client_suspended' },
    });
    for (const [id, to] of [
      [active.id, 'resume'],
      [active.id, 'pause'],
      [disabled.id, 'enable'],
    ]) {
      const refused = await world.ask(`POST /v1/webhooks/${id}/${to}`);
      expect(refused).toMatchObject({ status: 409, body: { code: 'client_suspended' } });
    }
    const held = await shown(active);
    expect(held['pausedUntil']).toEqual(expect.any(String));
    expect([held['pausedUntil'], (await shown(paused))['pausedUntil']]).toEqual([
      held['holdsUntil'],
      expect.any(String),
    ]);
    expect(String((await shown(paused))['pausedUntil']) > ownEnd).toBe(true);
    expect(await shown(disabled)).toMatchObject({ isActive: false, pausedUntil: null });

    // Held for nearly as long as may be.
    await changed(`update webhook set paused_until = now() + interval '1 minute' where id = $1`, active.id);
    await changed('update client_suspension set due_at = now() where client_id = $1', dora.id);
    world.app.get(SuspensionRunner).lookNow();
    await until(async () => (await shown(active))['isActive'] === false, { timeoutMs: 10_000, what: 'it is disabled' });
    expect(await shown(active)).toMatchObject({ disabledBy: 'operator', disabledReason: 'client suspended' });

    expect(await turn('reactivate')).toMatchObject({ status: 200, body: { suspendedAt: null } });
    expect(await can()).toEqual(all);
    expect(await shown(active)).toMatchObject({ isActive: true, pausedUntil: null });
    expect(await shown(paused)).toMatchObject({ isActive: true, pausedUntil: ownEnd });
    expect(await shown(disabled)).toMatchObject({ isActive: false });
  });

  const changed = async (sql: string, id: string): Promise<void> => {
    const orm = createOrm(world.env.DATABASE_URL, 1);
    await readerOf(orm.em)(sql, [id]);
    await orm.close(true);
  };
});

describe('a client that leaves', () => {
  const of = async (sql: string, id: string): Promise<number> => {
    const orm = createOrm(world.env.DATABASE_URL, 1);
    try {
      const [row] = await readerOf(orm.em)<{ count: number }>(`select count(*)::int as count from ${sql}`, [id]);
      return row?.count ?? 0;
    } finally {
      await orm.close(true);
    }
  };

  test('can do nothing at once, and then nothing of it is left but that it left', async () => {
    const carl = await newClient(world, 'Carl');
    const url = 'https://example.com/of-carl';
    const made = await newWebhook(world, carl.key, { url });
    const opened = await world.ask(`POST /v1/clients/${carl.id}/portal-sessions`, { body: {} });
    const own = { clientId: carl.id, webhookId: made.id };
    await seed({ ...own, outcomes: ['failed_retryable', 'delivered'] });
    const shared = { ...own, eventId: randomUUID(), audience: null, others: [[bob.id, 'wh_bobs']] as const };
    await seed(shared);
    const ofOthers = await of('delivery where client_id = $1', ann.id);
    const definitions = await followTopic(world, 'webhook.definitions');

    expect((await world.ask(`DELETE /v1/clients/${carl.id}`, { key: carl.key })).status).toBe(403);
    const left = await world.ask(`DELETE /v1/clients/${carl.id}`);
    expect(left).toMatchObject({ status: 202, body: { clientId: carl.id, finishedAt: null, erased: { webhooks: 1 } } });
    for (const key of [carl.key, String(opened.body['token'])])
      expect((await world.ask('GET /v1/webhooks', { key })).status).toBe(401);
    expect((await world.ask(`GET /v1/webhooks/${made.id}`)).status).toBe(404);
    const key = { name: 'again', role: 'client' };
    expect((await world.ask(`POST /v1/clients/${carl.id}/api-keys`, { body: key })).status).toBe(404);
    const webhook = { clientId: carl.id, url, eventTypes: ['*'] };
    expect((await world.ask('POST /v1/webhooks', { body: webhook })).status).toBe(422);
    const known = await definitions.until((all) => all.filter(({ $key }) => $key === made.id).length === 2);
    expect(known.filter(({ $key }) => $key === made.id).at(-1)).toEqual({ $key: made.id });
    await definitions.stop();

    const leaving = () => world.ask(`GET /v1/clients/${carl.id}/leaving`);
    await until(async () => (await leaving()).body['finishedAt'] !== null, { timeoutMs: 10_000, what: 'it has left' });
    expect((await leaving()).body).toMatchObject({
      stepsLeft: 0,
      erased: { webhooks: 1, deliveries: 2, events: 1, client: 1 },
    });
    expect((await world.ask(`GET /v1/clients/${carl.id}`)).status).toBe(404);

    // What the projector reads of it later.
    await seed(own);
    await seed({ ...shared, outcomes: ['failed_retryable', 'delivered'] });
    for (const table of ['delivery', 'event', 'delivery_stats', 'webhook', 'api_key', 'client_leaving'])
      expect([table, await of(`${table} where client_id = $1`, carl.id)]).toEqual([
        table,
        table === 'client_leaving' ? 1 : 0,
      ]);
    const orphans = 'delivery_attempt a where not exists (select 1 from delivery d where d.id = a.delivery_id)';
    expect(await of(`${orphans} and $1 <> ''`, carl.id)).toBe(0);
    expect(await of('delivery where client_id = $1', ann.id)).toBe(ofOthers);
    expect((await world.ask(`GET /v1/events/${shared.eventId}`, { key: bob.key })).body['decisions']).toHaveLength(1);

    const audit = await world.ask(`GET /v1/audit?clientId=${carl.id}`);
    const entries = audit.body['data'] as { action: string; before: unknown; after: unknown; address: unknown }[];
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['client.left', 'webhook.created']));
    expect(entries.slice(1).every(({ before, after, address }) => (before ?? after ?? address) === null)).toBe(true);
    expect(audit.text).not.toContain(url);
    const again = await world.ask('POST /v1/clients', { body: { id: carl.id, name: 'Carl' } });
    expect(again).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    expect((await world.ask(`DELETE /v1/clients/${carl.id}`)).status).toBe(404);
  });
});

describe('stats', () => {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3 * 3_600_000;
  const stats = async (query: string, key = ann.key) => {
    const { status, body } = await world.ask(`GET /v1/stats?${query}`, { key });
    expect(status).toBe(200);
    return body as { data: { start: string; attempts: number }[]; totals: Record<string, unknown> };
  };

  test('count each attempt once, by time, for the client and for one webhook', async () => {
    const { id } = await newWebhook(world, ann.key);
    const other = await newWebhook(world, ann.key);
    const outcomes = ['failed_retryable', 'delivered'] as const;
    const eventId = randomUUID();
    await seed({ webhookId: id, time: start, outcomes });
    await seed({ webhookId: id, time: start + 3_600_000, outcomes: ['failed_permanent'], eventId });
    // What comes again from Kafka is no other attempt.
    await seed({ webhookId: id, time: start + 3_600_000, outcomes: ['failed_permanent'], eventId });
    await seed({ webhookId: other.id, time: start, outcomes: ['delivered'] });
    const range = `from=${new Date(start).toISOString()}&to=${new Date(start + 2 * 3_600_000).toISOString()}`;
    const ofOne = await stats(`${range}&webhookId=${id}`);
    expect(ofOne.totals).toEqual({
      attempts: 3,
      delivered: 1,
      failedRetryable: 1,
      failedPermanent: 1,
      successRate: 0.3333,
      latencyMs: { p50: 15, p95: 20, p99: 20 },
      timeMs: { ours: 2_000, theirs: 59_024 },
    });
    expect(ofOne.data.map((one) => [Date.parse(one.start) - start, one.attempts])).toEqual([
      [0, 2],
      [3_600_000, 1],
    ]);
    expect((await stats(`${range}&bucket=5m&webhookId=${id}`)).data).toHaveLength(24);
    expect((await stats(range)).totals['attempts']).toBe(4);
    expect((await stats(range, bob.key)).totals['attempts']).toBe(0);
    expect((await stats(`${range}&clientId=${ann.id}`, bob.key)).totals['attempts']).toBe(0);
  });

  test('of many webhooks come in one answer, each by itself', async () => {
    const [one, other] = [await newWebhook(world, ann.key), await newWebhook(world, ann.key)];
    await seed({ webhookId: one.id, time: start, outcomes: ['failed_retryable', 'delivered'] });
    await seed({ webhookId: other.id, time: start, outcomes: ['delivered'] });
    const range = `from=${new Date(start).toISOString()}&to=${new Date(start + 2 * 3_600_000).toISOString()}`;
    const ids = `webhookId=${other.id}&webhookId=wh_nobody&webhookId=${one.id}`;
    const { body } = await world.ask(`GET /v1/stats?groupBy=webhook&${range}&${ids}`, { key: ann.key });
    type Group = { webhookId: string; totals: { attempts: number }; data: { attempts: number }[] };
    const groups = body['groups'] as Group[];
    expect(
      groups.map(({ webhookId: id, totals, data }) => [id, totals.attempts, data.map((each) => each.attempts)]),
    ).toEqual([
      [other.id, 1, [1, 0]],
      ['wh_nobody', 0, [0, 0]],
      [one.id, 2, [2, 0]],
    ]);
    expect(body['totals']).toMatchObject({ attempts: 3 });
    const alone = await world.ask(`GET /v1/stats?${range}&webhookId=${one.id}`, { key: ann.key });
    expect(groups[2]).toMatchObject({ totals: alone.body['totals'], data: alone.body['data'] });
    const foreign = await world.ask(`GET /v1/stats?groupBy=webhook&${range}&webhookId=${one.id}`, { key: bob.key });
    expect((foreign.body['groups'] as Group[])[0]?.totals.attempts).toBe(0);
  });

  test.each([
    'groupBy=webhook',
    `groupBy=webhook&bucket=5m&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&${ids(60)}`,
    ids(251),
  ])('of %s are more than one answer has', async (query) => {
    expect((await world.ask(`GET /v1/stats?${query}`, { key: ann.key })).status).toBe(422);
  });

  test('cover 24 buckets up to now, and no more than is told', async () => {
    const { data } = await stats('');
    expect(data).toHaveLength(24);
    expect(Date.parse(data.at(-1)?.start ?? '') + 3_600_000).toBeGreaterThan(Date.now());
    const refused = await world.ask('GET /v1/stats?bucket=5m&from=2026-01-01T00:00:00Z&to=2026-01-04T00:00:00Z');
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: '/from', rule: 'range' }] } });
    const backwards = await world.ask('GET /v1/stats?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z');
    expect(backwards).toMatchObject({ status: 422, body: { errors: [{ path: '/to', rule: 'range' }] } });
  });
});

describe('health', () => {
  /** As the monitor writes it: for so many seconds every first attempt began late, the last just now. */
  async function lateFor(id: string, seconds: number): Promise<void> {
    const late = { since: Date.now() - seconds * 1_000, lastAt: Date.now() };
    const orm = createOrm(world.env.DATABASE_URL, 1);
    await writeHealth(readerOf(orm.em), [{ webhookId: id, health: { ...unknownHealth, late } }], new Date());
    await orm.close(true);
  }

  test('counts what waits and names what blocks a strict webhook', async () => {
    const { id } = await newWebhook(world, ann.key, { ordering: 'strict' });
    const { deliveryId } = await seed({ webhookId: id, outcomes: ['failed_retryable'], time: Date.now() - 5000 });
    await seed({ webhookId: id, outcomes: [] });
    const { status, body } = await world.ask(`GET /v1/webhooks/${id}/health`, { key: ann.key });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'healthy',
      consecutiveFailures: 0,
      successRate: null,
      waiting: { count: 2 },
      blockedBy: { deliveryId, since: expect.any(String) },
      fallingBehind: false,
    });
  });

  test('says that a webhook falls behind, and of what is our own fault it says so of none', async () => {
    const { id } = await newWebhook(world, ann.key);
    type Shown = { fallingBehind: boolean; state: string; waiting: { oldestAgeMs: number } };
    const health = async () => (await world.ask(`GET /v1/webhooks/${id}/health`, { key: ann.key })).body as Shown;
    const ago = (seconds: number) => Date.now() - seconds * 1_000;
    // Its event is of last week, so it is the first by id.
    await seed({ webhookId: id, outcomes: [], time: ago(7 * 86_400), receivedAt: ago(5) });
    await seed({ webhookId: id, outcomes: ['failed_retryable'], time: ago(7_200) });
    await lateFor(id, 61);
    expect(await health()).toMatchObject({ fallingBehind: false, waiting: { count: 2 } });
    await seed({ webhookId: id, outcomes: [], time: ago(70) });
    expect(await health()).toMatchObject({ fallingBehind: true, state: 'healthy' });
    expect((await health()).waiting.oldestAgeMs).toBeGreaterThan(7_000_000);
    await lateFor(id, 59);
    expect((await health()).fallingBehind).toBe(false);
  });
});

function ids(count: number): string {
  return Array.from({ length: count }, (_, no) => `webhookId=wh_${no}`).join('&');
}

/** Replays: what they send, at which pace, and that no end of a process makes them pass anything over. */
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ReplayBatches } from '../../../apps/management-api/replays/replay-batch.ts';
import { ReplayRunner } from '../../../apps/management-api/replays/replay-runner.ts';
import { deliveryIdOf } from '../../../libs/domain/ids.ts';
import { countScanMax } from '../../../libs/postgres/replays/replay-candidates.ts';
import type { ReplayJob } from '../../../libs/postgres/replays/replay-job.ts';
import { ReplayStore } from '../../../libs/postgres/replays/replay-store.ts';
import { ReservedDatabase } from '../../../libs/postgres/server/reserved-database.ts';
import { until } from '../../support/until.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory, type SeedOptions } from './history-seed.ts';
import { followTopic, type ReadValue } from './topic-reader.ts';

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let bob: Awaited<ReturnType<typeof newClient>>;
let deliveries: Awaited<ReturnType<typeof followTopic>>;
let events: Awaited<ReturnType<typeof followTopic>>;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  bob = await newClient(world, 'Bob');
  [deliveries, events] = await Promise.all([
    followTopic(world, 'webhook.deliveries'),
    followTopic(world, 'webhook.events'),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([deliveries.stop(), events.stop()]);
  await world.close();
});

const start = Date.now() - 600_000;

/** So many deliveries of a new webhook that were given up; their ids in the order of events. */
async function newFailures(count: number, more: Partial<SeedOptions> = {}, webhook: object = {}) {
  const { id } = await newWebhook(world, ann.key, webhook);
  const seeds = Array.from({ length: count }, (_, index) => ({
    clientId: ann.id,
    webhookId: id,
    eventId: `${id}-${index}`,
    time: start + index,
    outcomes: ['failed_permanent'] as const,
    ...more,
  }));
  await seedHistory(world.env.DATABASE_URL, ...seeds);
  return { webhookId: id, ids: seeds.map(({ eventId }) => deliveryIdOf(eventId, id, '/test')) };
}

const post = (body: object, key = ann.key) => world.ask('POST /v1/replays', { body, key });
const read = async (id: unknown, key = ann.key) => (await world.ask(`GET /v1/replays/${String(id)}`, { key })).body;
const ended = async (id: unknown) => {
  await until(async () => !['pending', 'running'].includes(String((await read(id))['status'])), { timeoutMs: 20_000 });
  return read(id);
};
const sentBy = (id: unknown, all: readonly ReadValue[]) => all.filter((one) => one['round'] === id);
const idsOf = (all: readonly ReadValue[]) => all.map((one) => one['deliveryId']);

describe('a replay', () => {
  test('sends what its filter names again, in order, and counts it', async () => {
    const { webhookId, ids } = await newFailures(3);
    await seedHistory(world.env.DATABASE_URL, { clientId: ann.id, webhookId });
    const made = await post({ filter: { webhookId } });
    expect(made).toMatchObject({
      status: 202,
      body: { status: 'pending', clientId: ann.id, dryRun: false, filter: { webhookId, status: ['failed_permanent'] } },
    });
    const { id } = made.body;
    expect(await ended(id)).toMatchObject({ status: 'finished', total: 3, done: 3, skipped: 0, error: null });
    const sent = sentBy(id, await deliveries.until((all) => sentBy(id, all).length >= 3));
    expect(idsOf(sent)).toEqual(ids);
    expect(sent[0]).toMatchObject({ $key: webhookId, trigger: 'replay', attempt: 1, kind: 'event' });
    const { body: past } = await world.ask(`GET /v1/deliveries/${ids[0] ?? ''}`, { key: ann.key });
    expect((sent[0]?.['body'] as Buffer).toString()).toBe(past['payloadSent']);
    const { body: audit } = await world.ask(`GET /v1/audit?objectKind=replay&objectId=${String(id)}`, { key: ann.key });
    expect(audit['data']).toMatchObject([
      { action: 'replay.created', clientId: ann.id, after: { filter: { webhookId } } },
    ]);
  });

  test('takes type, status and time into account; a dry run counts the same and sends nothing', async () => {
    const { webhookId, ids } = await newFailures(4);
    await newFailures(2, { eventType: 'order.paid', webhookId });
    const count = async (filter: object) => {
      const { status, body } = await post({ filter: { webhookId, ...filter }, dryRun: true });
      expect([status, body['status'], body['dryRun']]).toEqual([202, 'finished', true]);
      return body['total'];
    };
    expect(await count({})).toBe(6);
    expect(await count({ eventType: 'order.paid' })).toBe(2);
    expect(await count({ status: ['delivered', 'pending'] })).toBe(0);
    const filter = { from: new Date(start + 1).toISOString(), to: new Date(start + 3).toISOString() };
    expect(await count({ ...filter, eventType: 'order.created' })).toBe(2);
    const { body } = await post({ filter: { webhookId, ...filter, eventType: 'order.created' } });
    expect(await ended(body['id'])).toMatchObject({ done: 2 });
    expect(idsOf(sentBy(body['id'], deliveries.values()))).toEqual(ids.slice(1, 3));
    expect(new Set(deliveries.values().map((one) => one['round'])).size).toBeLessThanOrEqual(3);
  });

  test('sends deliveries that were chosen one by one, wherever they stand, and nobody else’s', async () => {
    const { webhookId, ids } = await newFailures(2);
    const seed = { clientId: ann.id, webhookId, time: start + 9 };
    const { deliveryId: delivered } = await seedHistory(world.env.DATABASE_URL, seed);
    const { ids: others } = await newFailures(1);
    const { deliveryId: foreign } = await seedHistory(world.env.DATABASE_URL, {
      clientId: bob.id,
      webhookId: 'wh_bobs',
    });
    const chosen = [ids[1], delivered, others[0]].map(String);
    const filter = { deliveryIds: [...chosen, foreign, 'no-id'] };
    expect((await post({ filter: { ...filter, status: 'delivered' }, dryRun: true })).body).toMatchObject({ total: 1 });
    const { body } = await post({ filter });
    expect(body).toMatchObject({ filter, selected: 5, targetWebhookId: null });
    expect(await ended(body['id'])).toMatchObject({ status: 'finished', total: 3, done: 3, skipped: 0, filter });
    const sent = sentBy(body['id'], await deliveries.until((all) => sentBy(body['id'], all).length >= 3));
    expect(idsOf(sent).toSorted()).toEqual(chosen.toSorted());
    const { body: list } = await world.ask('GET /v1/replays?limit=1', { key: ann.key });
    expect(list['data']).toMatchObject([{ id: body['id'], selected: 5 }]);
    expect(JSON.stringify(list)).not.toContain('deliveryIds');
  });

  test('that rewinds a webhook counts what is for it and nothing of others, holds what comes, and ends with the webhook', async () => {
    const cat = await newClient(world, 'Cat');
    const webhook = await newWebhook(world, cat.key, { eventTypes: ['cat.*'] });
    const to = new Date(start).toISOString();
    const seed = { clientId: bob.id, webhookId: 'wh_bobs', eventType: 'cat.fed', time: start };
    const own = { ...seed, clientId: cat.id, webhookId: 'wh_deleted' };
    await seedHistory(
      world.env.DATABASE_URL,
      ...[seed, { ...seed, audience: null }, own, { ...own, eventType: 'dog.fed' }, { ...own, time: start - 1 }],
    );
    const rewind = (body: object, key = cat.key) => world.ask(`POST /v1/webhooks/${webhook.id}/rewind`, { body, key });
    const shown = async () => (await world.ask(`GET /v1/webhooks/${webhook.id}`, { key: cat.key })).body['rewind'];
    expect((await rewind({ to, dryRun: true })).body).toMatchObject({
      ...{ kind: 'rewind', dryRun: true, total: 2, status: 'finished', phase: null, reachesBackTo: to },
    });
    expect(await shown()).toBeNull();
    expect((await rewind({ to: '2999-01-01T00:00:00Z' })).status).toBe(422);
    expect((await rewind({ to }, bob.key)).status).toBe(404);
    const { body: begun, status } = await rewind({ to });
    expect([status, begun]).toMatchObject([202, { status: 'pending', phase: 'begin', isCutShort: false }]);
    expect(await shown()).toEqual({ replayId: begun['id'], to });
    expect((await rewind({ to })).body).toMatchObject({ status: 409, code: 'webhook_rewinding' });
    const cancelled = await world.ask(`POST /v1/replays/${String(begun['id'])}/cancel`, { body: {}, key: cat.key });
    expect(cancelled.body).toMatchObject({ isCutShort: true });
    expect(cancelled.body['status']).not.toBe('cancelled');
    const disabled = await world.ask(`POST /v1/webhooks/${webhook.id}/disable`, { body: {}, key: cat.key });
    expect(disabled.body['rewind']).toBeNull();
    const { id } = begun;
    await until(async () => (await read(id, cat.key))['status'] === 'failed', { timeoutMs: 20_000 });
    expect((await read(id, cat.key))['error']).toContain('disabled');
    expect((await rewind({ to })).body).toMatchObject({ code: 'webhook_disabled' });
  });

  test('sends what one webhook did not get to another one, as deliveries of its own', async () => {
    const { webhookId } = await newFailures(2);
    const disabled = await world.ask(`POST /v1/webhooks/${webhookId}/disable`, { body: {}, key: ann.key });
    expect(disabled.status).toBe(200);
    const target = await newWebhook(world, ann.key, { eventTypes: ['nothing.else'] });
    const { body } = await post({ filter: { webhookId }, targetWebhookId: target.id });
    expect(body).toMatchObject({ targetWebhookId: target.id, selected: null });
    expect(await ended(body['id'])).toMatchObject({ status: 'finished', total: 2, done: 2, skipped: 0 });
    const sent = sentBy(body['id'], await deliveries.until((all) => sentBy(body['id'], all).length >= 2));
    expect(sent).toMatchObject([{ $key: target.id, trigger: 'replay' }, { $key: target.id }]);
    // The history learns of the deliveries through the event's decision.
    const said = await events.until((all) => all.filter((one) => isOf(one, target.id)).length >= 2);
    const decided = said.filter((one) => isOf(one, target.id)).flatMap((one) => one['decisions'] as ReadValue[]);
    // Each event lies in a partition of its own.
    expect(decided.map((one) => one['deliveryId']).toSorted()).toEqual(idsOf(sent).toSorted());
  });

  test('goes to another webhook of the same client, from one, and while that is active', async () => {
    const { webhookId } = await newFailures(1);
    const foreign = await newWebhook(world, bob.key);
    for (const targetWebhookId of [foreign.id, 'wh_nobodys']) {
      expect(await post({ filter: { webhookId }, targetWebhookId })).toMatchObject({ status: 404 });
    }
    const off = await newWebhook(world, ann.key, { isActive: false });
    const refused = await post({ filter: { webhookId }, targetWebhookId: off.id });
    expect(refused).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    const ofAll = await post({ filter: { status: 'delivered' }, targetWebhookId: webhookId });
    expect(ofAll.body['errors']).toMatchObject([{ path: '/filter/webhookId', rule: 'dependent' }]);
    const ofMissed = await post({ filter: { missedWhileDisabled: true, deliveryIds: ['x'] } });
    expect(ofMissed.body['errors']).toMatchObject([{ path: '/filter/missedWhileDisabled', rule: 'exclusive' }]);
  });

  test('of what was missed while disabled sends deliveries that ended so and events that made none', async () => {
    const { webhookId } = await newFailures(1, {}, { filter: { 'data.no': { $lt: 3 } } });
    const missed = (index: number, audience: string | null) => ({
      clientId: bob.id,
      webhookId: 'wh_bobs',
      audience,
      eventId: `missed-${webhookId}-${index}`,
      time: start + 10 + index,
      data: `{"no":${index}}`,
      disabled: [[ann.id, webhookId]] as const,
    });
    await seedHistory(world.env.DATABASE_URL, missed(1, ann.id), missed(2, null), missed(3, ann.id));
    await withDatabase((client) =>
      client.query("update delivery set reason = 'disabled' where webhook_id = $1", [webhookId]),
    );
    const filter = { webhookId, missedWhileDisabled: true };
    expect((await post({ filter, dryRun: true })).body['total']).toBe(4);
    const { body } = await post({ filter });
    // The third is not what the filter of the webhook wants.
    expect(await ended(body['id'])).toMatchObject({ status: 'finished', done: 3, skipped: 1 });
    const sent = sentBy(body['id'], await deliveries.until((all) => sentBy(body['id'], all).length >= 3));
    const missedId = (index: number) => deliveryIdOf(`missed-${webhookId}-${index}`, webhookId, '/test');
    expect(idsOf(sent)).toEqual([deliveryIdOf(`${webhookId}-0`, webhookId, '/test'), missedId(1), missedId(2)]);
    // The history learns of the deliveries through the event's decision.
    const said = await events.until((all) => all.filter((one) => isOf(one, webhookId)).length >= 2);
    // They may be in two partitions, of which either may be read first.
    const byEvent = said
      .filter((one) => isOf(one, webhookId))
      .sort((a, b) => String(a['eventId']).localeCompare(String(b['eventId'])));
    expect(byEvent).toMatchObject([
      { eventId: `missed-${webhookId}-1`, decisions: [{ webhookId, decision: 'matched', deliveryId: missedId(1) }] },
      { eventId: `missed-${webhookId}-2`, clientId: null, decisions: [{ deliveryId: missedId(2), format: 'json' }] },
    ]);
  });

  test('of all that was missed sends what failed before the webhook was disabled, too, and says what it leaves out', async () => {
    const { webhookId } = await newFailures(3);
    await withDatabase((client) =>
      client.query(
        "update delivery set reason = 'disabled' where id in (select id from delivery where webhook_id = $1 order by id desc limit 1)",
        [webhookId],
      ),
    );
    const missed = { webhookId, missedWhileDisabled: true };
    const counted = async (filter: object) => {
      const { body } = await post({ filter, dryRun: true });
      return [body['total'], (body['leavesOut'] as string[]).map((text) => text.split(/ that |:/)[1])];
    };
    const open = 'are pending or failed_retryable';
    expect(await counted(missed)).toEqual([1, ['failed while their webhook was active', open]]);
    expect(await counted({ ...missed, status: 'failed_permanent' })).toEqual([3, [open]]);
    expect(await counted({ webhookId })).toEqual([3, ['came while a webhook was disabled', open]]);
    const { body } = await post({ filter: { ...missed, status: ['failed_permanent'] } });
    expect(await ended(body['id'])).toMatchObject({ status: 'finished', total: 3, done: 3 });
  });

  test('#23 of what was missed since a moment goes by when it ended or came, not by the times of the events', async () => {
    const minute = 60_000;
    const enabledAt = start - 60 * minute;
    const { id: webhookId } = await newWebhook(world, ann.key);
    const failed = (name: string, time: number, receivedAt = time) => ({
      clientId: ann.id,
      webhookId,
      eventId: `${webhookId}-${name}`,
      time,
      receivedAt,
      outcomes: ['failed_permanent'] as const,
    });
    const came = (name: string, time: number, receivedAt = time) => ({
      clientId: bob.id,
      webhookId: 'wh_bobs',
      audience: ann.id,
      eventId: `${webhookId}-${name}`,
      time,
      receivedAt,
      disabled: [[ann.id, webhookId]] as const,
    });
    // The webhook was enabled an hour ago, and disabled now.
    await seedHistory(
      world.env.DATABASE_URL,
      failed('queued', start - minute, start + minute),
      failed('parked for long', start - 59 * minute, start + minute),
      failed('late', start - 26 * 60 * minute, start + minute),
      failed('ahead', start + 60 * minute, start + minute),
      failed('of the last time', start - 90 * minute),
      came('missed', start + minute),
      came('late and missed', start - 26 * 60 * minute, start + minute),
      came('missed the last time', start - 90 * minute),
    );
    await withDatabase((client) =>
      client.query("update delivery set reason = 'disabled' where webhook_id = $1", [webhookId]),
    );
    const filter = { webhookId, missedWhileDisabled: true, missedSince: new Date(enabledAt).toISOString() };
    expect((await post({ filter, dryRun: true })).body['total']).toBe(6);
    const iso = (time: number) => new Date(time).toISOString();
    for (const [arrived, total] of [
      [{ arrivedFrom: iso(start) }, 4],
      [{ arrivedFrom: iso(start - 120 * minute), arrivedTo: iso(start) }, 1],
      [{ arrivedFrom: iso(start), missedWhileDisabled: true }, 6],
      [{ arrivedTo: iso(start), missedWhileDisabled: true }, 2],
    ] as const) {
      const counted = await post({ filter: { webhookId, ...arrived }, dryRun: true });
      expect([arrived, counted.body['total']]).toEqual([arrived, total]);
    }
    const { body } = await post({ filter });
    expect(await ended(body['id'])).toMatchObject({ status: 'finished', total: 6, done: 6, skipped: 0 });
    const sent = sentBy(body['id'], await deliveries.until((all) => sentBy(body['id'], all).length >= 6));
    const names = sent.map((one) => String(one['eventId']).slice(webhookId.length + 1)).sort();
    expect(names).toEqual(['ahead', 'late', 'late and missed', 'missed', 'parked for long', 'queued']);
  });

  test('passes over deliveries whose webhook was disabled meanwhile', async () => {
    const { webhookId } = await newFailures(2);
    await world.ask(`POST /v1/webhooks/${webhookId}/disable`, { key: ann.key });
    const refused = await post({ filter: { webhookId } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'webhook_disabled' } });
    const { body } = await post({ filter: { from: new Date(start).toISOString(), eventType: 'order.created' } });
    const replay = await ended(body['id']);
    expect(replay).toMatchObject({ status: 'finished' });
    expect(replay['skipped']).toBeGreaterThanOrEqual(2);
    expect(sentBy(body['id'], deliveries.values()).filter((one) => one['webhookId'] === webhookId)).toEqual([]);
  });

  test('whose filter a later version wrote is left to that version, counted or not', async () => {
    const { webhookId } = await newFailures(2);
    const filter = { webhookId, status: ['failed_permanent'], wordOfALaterVersion: 'x' };
    const database = new pg.Client({ connectionString: world.env.DATABASE_URL });
    await database.connect();
    await database.query(
      `insert into replay (id, client_id, webhook_id, filter, is_dry_run, status, pace_per_second, done, created_by, created_at, next_batch_at)
      select 'rpl_later_' || status, $1, $2, $3, false, status, 1000, 0, 'x', now(), now() from unnest(array['pending', 'running']) status`,
      [ann.id, webhookId, JSON.stringify(filter)],
    );
    // Another one, made later, is counted and goes through all of its batches meanwhile.
    await ended((await post({ filter: { webhookId } })).body['id']);
    const { rows } = await database.query<{ status: string; done: number; total: number | null }>(
      "delete from replay where id like 'rpl_later_%' returning status, done, total",
    );
    await database.end();
    expect(rows.toSorted((a, b) => (a.status < b.status ? -1 : 1))).toEqual([
      { status: 'pending', done: 0, total: null },
      { status: 'running', done: 0, total: null },
    ]);
  });

  test('keeps to its pace, and stops when it is cancelled', async () => {
    const { webhookId } = await newFailures(20);
    const { body } = await post({ filter: { webhookId }, pacePerSecond: 8 });
    const sent = await deliveries.until((all) => sentBy(body['id'], all).length >= 12);
    const times = sentBy(body['id'], sent).map((one) => Number(one['createdAt']));
    expect((times[11] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(900);
    const cancelled = await world.ask(`POST /v1/replays/${String(body['id'])}/cancel`, { key: ann.key });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', total: 20 } });
    const again = await world.ask(`POST /v1/replays/${String(body['id'])}/cancel`, { key: ann.key });
    expect(again).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    // Another one goes through all of its batches meanwhile: this one had its chance to go on.
    const other = await post({ filter: { webhookId }, pacePerSecond: 1000 });
    await ended(other.body['id']);
    expect(sentBy(body['id'], deliveries.values()).length).toBeLessThan(20);
    const finished = await world.ask(`POST /v1/replays/${String(other.body['id'])}/cancel`, { key: ann.key });
    expect(finished).toMatchObject({ status: 409, body: { code: 'replay_ended' } });
  });

  test('is its client’s alone', async () => {
    const { webhookId } = await newFailures(1);
    const { body } = await post({ filter: { webhookId }, dryRun: true });
    const id = String(body['id']);
    const answers = [
      await post({ filter: { webhookId } }, bob.key),
      await post({ clientId: ann.id }, bob.key),
      await post({ clientId: 'nobody' }, world.adminKey),
      await post({ clientId: bob.id, filter: { webhookId } }, world.adminKey),
      await world.ask(`GET /v1/replays/${id}`, { key: bob.key }),
      await world.ask(`POST /v1/replays/${id}/cancel`, { key: bob.key }),
    ];
    expect(answers.map(({ status, body: { code } }) => [status, code])).toEqual(answers.map(() => [404, 'not_found']));
    expect((await world.ask('GET /v1/replays', { key: bob.key })).body['data']).toEqual([]);
    const listed = await world.ask(`GET /v1/replays?webhookId=${webhookId}&status=finished`, { key: ann.key });
    expect((listed.body['data'] as { id: string }[]).map((one) => one.id)).toEqual([id]);
  });

  test.each([
    [{ pacePerSecond: 0 }, '/pacePerSecond'],
    [{ filter: { status: ['gone'] } }, '/filter/status'],
    [{ filter: { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' } }, '/filter/to'],
    [{ filter: { arrivedFrom: '2026-01-01T00:00:00Z', arrivedTo: '2026-01-01T00:00:00Z' } }, '/filter/arrivedTo'],
    [{ filter: { status: 'delivered', missedWhileDisabled: true } }, '/filter/missedWhileDisabled'],
    [{ filter: { missedSince: '2026-01-02T00:00:00Z' } }, '/filter/missedSince'],
  ])('%j is refused at %s', async (body, path) => {
    const { status, body: problem } = await post(body);
    expect(status).toBe(422);
    expect((problem['errors'] as { path: string }[])[0]?.path).toContain(path);
  });

  test('without a client is refused to an admin', async () => {
    const { status, body } = await post({}, world.adminKey);
    expect([status, (body['errors'] as { path: string }[])[0]?.path]).toEqual([422, '/clientId']);
  });
});

describe('a replay whose runner dies', () => {
  let store: ReplayStore;
  let batches: ReplayBatches;

  beforeAll(async () => {
    // The world's own runner would go on with it.
    await world.app.get(ReplayRunner).stop();
    store = world.app.get(ReplayStore);
    batches = world.app.get(ReplayBatches);
  });

  const cancel = (pid: number) => world.app.get(ReservedDatabase).cancel(pid);

  const killed = () =>
    withDatabase((client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
          and objid = hashtext('webhooks.replays')::oid::bigint
          and database = (select oid from pg_database where datname = current_database())`,
      ),
    );

  test('between sending and remembering repeats that batch in the same round, and passes nothing over', async () => {
    const { webhookId, ids } = await newFailures(30);
    const { body } = await post({ filter: { webhookId }, pacePerSecond: 20 });
    let clock = Date.now();
    // Past any pace.
    const later = () => new Date((clock += 60_000));
    const next = () => store.advance(later(), (job, run) => batches.next(job, run, Date.now()));
    expect(await store.countNext(later(), cancel)).toBe(true);
    await next();
    const dying = store.advance(later(), async (job, run) => {
      const step = await batches.next(job, run, Date.now());
      expect((await killed()).rowCount).toBe(1);
      return step;
    });
    await expect(dying).rejects.toThrow();
    expect(await read(body['id'])).toMatchObject({ status: 'running', total: 30, done: 10 });
    while ((await read(body['id']))['status'] === 'running') expect(await next()).toBe(true);
    expect(await read(body['id'])).toMatchObject({ status: 'finished', done: 30 });
    const sent = sentBy(body['id'], await deliveries.until((all) => sentBy(body['id'], all).length >= 40));
    expect(idsOf(sent)).toEqual([...ids.slice(0, 20), ...ids.slice(10)]);
  });

  test('is brought on by one process at a time', async () => {
    const { webhookId } = await newFailures(1);
    await post({ filter: { webhookId } });
    await store.countNext(new Date(), cancel);
    const other = Promise.withResolvers<boolean>();
    const worked = await store.advance(new Date(), async (job, run) => {
      const asked = await store.advance(new Date(), () => Promise.reject(new Error('both at once')));
      other.resolve(asked);
      return batches.next(job, run, Date.now());
    });
    expect([worked, await other.promise]).toEqual([true, false]);
  });

  test('while a batch is in doubt is no other process’s, until that one has died', async () => {
    const { webhookId } = await newFailures(1);
    const { body } = await post({ filter: { webhookId } });
    const em = world.app.get(EntityManager);
    const [one, other] = [new ReplayStore(em), new ReplayStore(em)];
    await one.countNext(new Date(), cancel);
    const begun: string[] = [];
    const doubted = (job: ReplayJob) => (begun.push(job.id), Promise.reject(new Error('in doubt')));
    await expect(one.advance(new Date(), doubted, () => true)).rejects.toThrow('in doubt');
    expect([await one.dueInMs(new Date()), await other.dueInMs(new Date())]).toEqual([0, null]);
    expect(await other.advance(new Date(), doubted)).toBe(false);
    await expect(one.advance(new Date(), doubted, () => true)).rejects.toThrow('in doubt');
    await withDatabase((client) =>
      client.query(`update replay set batch_until = now() - interval '1 s' where id = $1`, [body['id']]),
    );
    expect(await other.advance(new Date(), (job, run) => batches.next(job, run, Date.now()))).toBe(true);
    expect(await read(body['id'])).toMatchObject({ status: 'finished', done: 1 });
    expect(begun).toEqual([body['id'], body['id']]);
  });

  test('without a batch in doubt is anybody’s again', async () => {
    const { webhookId } = await newFailures(1);
    const { body } = await post({ filter: { webhookId } });
    const em = world.app.get(EntityManager);
    const [one, other] = [new ReplayStore(em), new ReplayStore(em)];
    await one.countNext(new Date(), cancel);
    await expect(one.advance(new Date(), () => Promise.reject(new Error('not taken')))).rejects.toThrow('not taken');
    expect(await other.advance(new Date(), (job, run) => batches.next(job, run, Date.now()))).toBe(true);
    expect(await read(body['id'])).toMatchObject({ status: 'finished', done: 1 });
  });

  test('waits to begin for one of another client’s, however many that has', async () => {
    const { webhookId } = await newFailures(1);
    for (let count = 0; count < 5; count += 1) await post({ filter: { webhookId } });
    const { body } = await post({}, bob.key);
    const counting = new ReplayStore(world.app.get(EntityManager));
    for (let count = 0; count < 2; count += 1) expect(await counting.countNext(new Date(), cancel)).toBe(true);
    expect(await read(body['id'], bob.key)).toMatchObject({ status: 'running', total: 0 });
  });
});

// The last one: no replay of all that there is has to send them.
test('a replay is counted in as many looks at the history as it takes', async () => {
  const { webhookId } = await newFailures(countScanMax + 7);
  expect((await post({ filter: { webhookId }, dryRun: true })).body['total']).toBe(countScanMax + 7);
  expect((await post({ filter: { webhookId, status: 'delivered' }, dryRun: true })).body['total']).toBe(0);
}, 60_000);

async function withDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: world.env.DATABASE_URL });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function isOf(value: ReadValue, webhookId: string): boolean {
  return (value['decisions'] as { webhookId: string }[]).some((one) => one.webhookId === webhookId);
}

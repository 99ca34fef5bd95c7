/** Deliveries by what became of them: in both lists, in exports and counts, and sent again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory, type SeedOptions } from './history-seed.ts';

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let webhookId: string;
let ids: string[];

const start = Date.parse('2026-02-10T00:00:00Z');
const hourMs = 3_600_000;
/** When they came; the events themselves are a second apart. */
const arrival = (no: number) => start + no * hourMs;
const at = (ms: number) => new Date(ms).toISOString();

/** By the order of their events. */
const seeds: readonly Partial<SeedOptions>[] = [
  { outcomes: ['delivered'] },
  { outcomes: [] },
  { outcomes: ['failed_retryable', 'failed_retryable'], attempt: { responseCode: 429 } },
  { outcomes: ['failed_permanent'], attempt: { responseCode: 404, reason: 'rejected' } },
  { outcomes: ['failed_permanent'], attempt: { responseCode: null, reason: 'exhausted', errorKind: 'dns' } },
  { outcomes: ['delivered'], kind: 'test', attempt: { trigger: 'manual' } },
];

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  webhookId = (await newWebhook(world, ann.key)).id;
  ids = [];
  for (const [no, seed] of seeds.entries()) {
    const options = { clientId: ann.id, webhookId, time: start + no * 1_000, receivedAt: arrival(no), ...seed };
    ids.push((await seedHistory(world.env.DATABASE_URL, options)).deliveryId);
  }
}, 120_000);

afterAll(async () => {
  await world.close();
});

const numbersOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => ids.indexOf(id));

test.each<[string, number[]]>([
  ['status=delivered', [5, 0]],
  ['status=delivered&status=failed_permanent', [5, 4, 3, 0]],
  ['status=pending&status=failed_retryable', [2, 1]],
  ['reason=rejected', [3]],
  ['reason=rejected&reason=exhausted', [4, 3]],
  ['responseCode=404', [3]],
  ['responseCode=4xx', [3, 2]],
  ['responseCode=none', [4, 1]],
  ['responseCode=none&responseCode=200', [5, 4, 1, 0]],
  ['errorKind=dns', [4]],
  ['errorKind=dns&errorKind=tls', [4]],
  ['kind=test', [5]],
  ['kind=test&kind=event', [5, 4, 3, 2, 1, 0]],
  ['trigger=manual', [5]],
  ['trigger=retry', [2]],
  ['trigger=manual&trigger=retry', [5, 2]],
  ['attempts=0', [1]],
  ['attempts=2..', [2]],
  ['attempts=..1&attempts=2', [5, 4, 3, 2, 1, 0]],
  [`arrivedFrom=${at(arrival(3))}&arrivedTo=${at(arrival(5))}`, [4, 3]],
  [`attemptedFrom=${at(arrival(2))}&attemptedTo=${at(arrival(3))}`, [2]],
  ['responseCode=4xx&status=failed_permanent', [3]],
  ['responseCode=4xx&eventType=order.created', [3, 2]],
  ['responseCode=4xx&eventType=order.paid', []],
  ['kind=event&from=2026-02-10T00:00:02Z&to=2026-02-10T00:00:04Z', [3, 2]],
])('%s', async (query, expected) => {
  const read = async (route: string) => {
    const answer = await world.ask(`GET ${route}`, { key: ann.key });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer;
  };
  for (const route of ['/v1/deliveries?', `/v1/webhooks/${webhookId}/deliveries?`]) {
    const { body } = await read(`${route}${query}`);
    expect(numbersOf(body['data'] as { id: string }[])).toEqual(expected);
    expect([body['nextCursor'], body['searchedTo']]).toEqual([null, null]);
  }
  const lines = (await read(`/v1/exports/deliveries?${query}`)).text.split('\n').slice(0, -1);
  expect(numbersOf(lines.map((line) => JSON.parse(line) as { id: string }))).toEqual(expected);
  const { body } = await read(`/v1/deliveries/count?webhookId=${webhookId}&${query}`);
  expect(body).toMatchObject({ count: expected.length, isExact: true });
  expect(Object.values(body['byStatus'] as Record<string, number>).reduce((sum, one) => sum + one, 0)).toBe(
    expected.length,
  );
});

test('what another client asks for is none of it', async () => {
  const bob = await newClient(world, 'Bob');
  const { body } = await world.ask(`GET /v1/deliveries/count?webhookId=${webhookId}&kind=event`, { key: bob.key });
  expect(body).toMatchObject({ count: 0, isExact: true });
  const { body: list } = await world.ask(`GET /v1/deliveries?webhookId=${webhookId}&kind=event`, { key: bob.key });
  expect(list['data']).toEqual([]);
});

test.each(['responseCode=9', 'attempts=5..2', 'attempts=..', 'trigger=what', 'kind=ping', 'reason='])(
  '%s is refused',
  async (query) => {
    for (const path of ['deliveries', 'deliveries/count', 'exports/deliveries']) {
      expect((await world.ask(`GET /v1/${path}?${query}`, { key: ann.key })).status).toBe(422);
    }
  },
);

test.each(['attempted', 'arrived'])('%s times that are the wrong way round are refused', async (name) => {
  const query = `${name}From=2026-01-02T00:00:00Z&${name}To=2026-01-01T00:00:00Z`;
  const answer = await world.ask(`GET /v1/deliveries?${query}`, { key: ann.key });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: `/${name}To`, rule: 'range' }] } });
});

describe('a replay', () => {
  test.each<[object, number]>([
    [{ responseCode: ['4xx'] }, 1],
    [{ reason: ['exhausted'], errorKind: ['dns', 'tls'] }, 1],
    [{ status: ['delivered', 'failed_permanent'], attempts: ['1'], kind: ['event'] }, 3],
    [{ status: 'failed_retryable', trigger: ['retry'], arrivedFrom: at(arrival(2)) }, 1],
  ])('of %j counts as the list does', async (filter, total) => {
    const body = { filter: { webhookId, ...filter }, dryRun: true };
    const answer = await world.ask('POST /v1/replays', { key: ann.key, body });
    expect({ status: answer.status, total: answer.body['total'] }).toEqual({ status: 202, total });
    expect((answer.body['filter'] as Record<string, unknown>)['webhookId']).toBe(webhookId);
  });

  test.each<[object, string]>([
    [{ missedWhileDisabled: true, reason: ['exhausted'] }, '/filter/missedWhileDisabled exclusive'],
    [{ attempts: ['3..1'] }, '/filter/attempts range'],
    [{ responseCode: ['x'] }, '/filter/responseCode/0 pattern'],
  ])('of %j is refused', async (filter, expected) => {
    const answer = await world.ask('POST /v1/replays', { key: ann.key, body: { clientId: ann.id, filter } });
    const errors = answer.body['errors'] as { path: string; rule: string }[];
    expect(errors.map(({ path, rule }) => `${path} ${rule}`)).toEqual([expected]);
  });
});

test('a page that looked at its bound of rows says how far, and the next one goes on from there, in both directions', async () => {
  const { id } = await newWebhook(world, ann.key);
  const seed = { clientId: ann.id, webhookId: id };
  const { deliveryId: oldest } = await seedHistory(world.env.DATABASE_URL, { ...seed, time: start - 5_000_000 });
  const { deliveryId: newest } = await seedHistory(world.env.DATABASE_URL, { ...seed, time: start - 1_000 });
  await addFailed(oldest, new Date(start - 4_000_000));
  const page = pagesOf(id);
  const first = await page(null);
  expect(first).toMatchObject({ ids: [newest], nextCursor: expect.any(String), prevCursor: null });
  expect(Date.parse(first.searchedTo ?? '')).toBeLessThan(start - 1_000);
  const second = await page(first.nextCursor);
  expect(second).toMatchObject({ ids: [oldest], nextCursor: null, searchedTo: null });
  const back = await page(second.prevCursor);
  expect(back).toMatchObject({ ids: [], nextCursor: expect.any(String), prevCursor: expect.any(String) });
  expect(await page(back.nextCursor)).toMatchObject({ ids: [oldest] });
  expect(await page(back.prevCursor)).toMatchObject({ ids: [newest], prevCursor: null });
  // Where the attempts of each are looked at it looks at fewer, and says so as well.
  const retried = await world.ask(`GET /v1/webhooks/${id}/deliveries?trigger=retry`, { key: ann.key });
  expect(retried.body).toMatchObject({ data: [], nextCursor: expect.any(String), searchedTo: expect.any(String) });
  const exported = await world.ask(`GET /v1/exports/deliveries?webhookId=${id}&status=delivered&kind=event`, {
    key: ann.key,
  });
  expect(exported.text.split('\n').slice(0, -1)).toHaveLength(2);
});

test('a count is exact up to ten thousand', async () => {
  const { id } = await newWebhook(world, ann.key);
  const seed = { clientId: ann.id, webhookId: id, time: start - 40_000_000 };
  const { deliveryId } = await seedHistory(world.env.DATABASE_URL, seed);
  const counted = async (query: string) =>
    (await world.ask(`GET /v1/deliveries/count?webhookId=${id}&${query}`, { key: ann.key })).body;
  await addFailed(deliveryId, new Date(start - 39_000_000));
  const ofFew = { pending: 0, delivered: 1, failed_retryable: 0, failed_permanent: 6_000 };
  expect(await counted('')).toEqual({ count: 6_001, isExact: true, byStatus: ofFew });
  await addFailed(deliveryId, new Date(start - 38_000_000));
  expect(await counted('')).toMatchObject({ count: 10_000, isExact: false });
  expect(await counted('status=delivered')).toMatchObject({ count: 1, isExact: true });
  // Where the attempts of each are asked it looks at ten thousand.
  expect(await counted('trigger=retry')).toMatchObject({ count: 0, isExact: false });
});

test('a way back along which nothing is wanted ends on the first page, and not on one that leads nowhere', async () => {
  const { id } = await newWebhook(world, ann.key);
  const seed = { clientId: ann.id, webhookId: id, time: start - 9_000_000 };
  const { deliveryId: oldest } = await seedHistory(world.env.DATABASE_URL, seed);
  await addFailed(oldest, new Date(start - 8_000_000));
  const page = pagesOf(id);
  const first = await page(null);
  expect(first).toMatchObject({ ids: [], nextCursor: expect.any(String), prevCursor: null });
  const second = await page(first.nextCursor);
  expect(second).toMatchObject({ ids: [oldest], nextCursor: null, searchedTo: null });
  const back = await page(second.prevCursor);
  expect(back).toMatchObject({ ids: [], prevCursor: expect.any(String), searchedTo: expect.any(String) });
  const begin = await page(back.prevCursor);
  expect(begin).toMatchObject({ ids: [], nextCursor: expect.any(String), prevCursor: null });
  expect(await page(begin.nextCursor)).toMatchObject({ ids: [oldest] });
});

test('a way back along which nothing stands so any more ends on the first page', async () => {
  const { id } = await newWebhook(world, ann.key);
  const seed = { clientId: ann.id, webhookId: id, outcomes: [] };
  const { deliveryId: older } = await seedHistory(world.env.DATABASE_URL, { ...seed, time: start - 20_000_000 });
  const { deliveryId: newer } = await seedHistory(world.env.DATABASE_URL, { ...seed, time: start - 19_000_000 });
  const list = async (cursor: unknown) => {
    const query = `status=pending&limit=1${typeof cursor === 'string' ? `&cursor=${cursor}` : ''}`;
    return (await world.ask(`GET /v1/webhooks/${id}/deliveries?${query}`, { key: ann.key })).body;
  };
  const second = await list((await list(null))['nextCursor']);
  expect(second).toMatchObject({ data: [{ id: older }], prevCursor: expect.any(String) });
  await inDatabase(`update delivery set status = 'delivered' where message_id = $1`, [newer]);
  expect(await list(second['prevCursor'])).toMatchObject({ data: [{ id: older }], prevCursor: null });
});

/** Pages of a webhook's deliveries by a filter that no index serves. */
function pagesOf(webhook: string) {
  return async (cursor: unknown) => {
    const query = `status=delivered&kind=event&limit=10${typeof cursor === 'string' ? `&cursor=${cursor}` : ''}`;
    const { body } = await world.ask(`GET /v1/webhooks/${webhook}/deliveries?${query}`, { key: ann.key });
    return { ids: (body['data'] as { id: string }[]).map((one) => one.id), ...body } as {
      ids: string[];
    } & Record<'nextCursor' | 'prevCursor' | 'searchedTo', string | null>;
  };
}

const addFailed = (like: string, from: Date) => inDatabase(manyFailed, [like, from]);

async function inDatabase(sql: string, values: readonly unknown[]): Promise<void> {
  const database = new pg.Client({ connectionString: world.env.DATABASE_URL });
  await database.connect();
  try {
    await database.query(sql, [...values]);
  } finally {
    await database.end();
  }
}

/** Six thousand like the one, a millisecond apart, that failed. */
const manyFailed = `
insert into delivery (id, day_time, webhook_id, client_id, event_id, event_key, event_type, kind, format, status, reason,
  attempt_count, created_at)
select (lpad(to_hex((extract(epoch from $2::timestamptz) * 1000)::bigint + n), 12, '0') || '8000' || lpad(to_hex(n), 16, '8'))::uuid,
  $2::timestamptz + n * interval '1 ms', webhook_id, client_id, event_id, event_key, event_type, kind, format,
  'failed_permanent', 'exhausted', 1, created_at
from delivery, generate_series(1, 6000) n where message_id = $1`;

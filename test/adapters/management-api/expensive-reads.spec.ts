/** What one client asks of the database is no reason for another to wait: a table that is locked stands for a long read. */
import { setTimeout as pause } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { until } from '../../support/until.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';

let world: World;
let url: string;
let ann: Awaited<ReturnType<typeof newClient>>;
let bob: Awaited<ReturnType<typeof newClient>>;
let cid: Awaited<ReturnType<typeof newClient>>;
let webhookId: string;
let locker: pg.Client;
let observer: pg.Client;

beforeAll(async () => {
  world = await startWorld();
  await world.app.listen(0, '127.0.0.1');
  url = await world.app.getUrl();
  ann = await newClient(world, 'Ann');
  bob = await newClient(world, 'Bob');
  cid = await newClient(world, 'Cid');
  webhookId = (await newWebhook(world, ann.key)).id;
  await seedHistory(world.env.DATABASE_URL, { clientId: ann.id, webhookId, outcomes: ['failed_permanent'] });
  [locker, observer] = [newDatabase(), newDatabase()];
  await Promise.all([locker.connect(), observer.connect()]);
}, 120_000);

afterAll(async () => {
  await Promise.all([locker.end(), observer.end()]);
  await world.close();
});

/** Until then whatever reads deliveries takes for ever. */
beforeEach(() => locker.query('begin; lock table delivery in access exclusive mode'));
afterEach(() => locker.query('rollback'));

const newDatabase = () => new pg.Client({ connectionString: world.env.DATABASE_URL });
const dryRun = () => world.ask('POST /v1/replays', { key: ann.key, body: { filter: { webhookId }, dryRun: true } });
const countOf = <T>(values: readonly T[], wanted: T) => values.filter((value) => value === wanted).length;

/** Statements that wait for the lock. */
const stuck = () => stuckAt('%from delivery%');

async function stuckAt(pattern: string): Promise<number> {
  const { rows } = await observer.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
    [pattern],
  );
  return rows[0]?.count ?? 0;
}

describe('while one client reads without end', () => {
  const othersAreServed = async () => {
    const read = await world.ask('GET /v1/webhooks', { key: bob.key });
    const body = { url: 'https://example.com/hook', eventTypes: ['order.*'] };
    const changed = await world.ask('POST /v1/webhooks', { key: bob.key, body });
    const refused = await world.ask('GET /v1/webhooks', { key: 'nobody' });
    expect([read.status, changed.status, refused.status]).toEqual([200, 201, 401]);
  };

  test('its dry runs are refused beyond one, and others are served', async () => {
    const statuses: number[] = [];
    const asked = Array.from({ length: 120 }, async () => {
      const answer = await dryRun();
      statuses.push(answer.status);
      return answer;
    });
    await until(() => countOf(statuses, 429) === 119, { timeoutMs: 10_000, what: 'refusals' });
    expect(await stuck()).toBe(1);
    await othersAreServed();
    await locker.query('rollback');
    const answers = await Promise.all(asked);
    // On a machine that is slow the one has been waiting for too long by now.
    expect(countOf(statuses, 202) + countOf(statuses, 503)).toBe(1);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused).toMatchObject({ body: { code: 'too_many_at_once' }, headers: { 'retry-after': '5' } });
  });

  test('its counts are refused beyond two, and its lists and others are served', async () => {
    const statuses: number[] = [];
    const asked = Array.from({ length: 40 }, async () => {
      const { status } = await world.ask('GET /v1/deliveries/count', { key: ann.key });
      statuses.push(status);
      return status;
    });
    await until(() => countOf(statuses, 429) === 38, { timeoutMs: 10_000, what: 'refusals' });
    expect((await world.ask('GET /v1/webhooks', { key: ann.key })).status).toBe(200);
    await othersAreServed();
    await locker.query('rollback');
    const answers = await Promise.all(asked);
    expect(countOf(answers, 200) + countOf(answers, 503)).toBe(2);
  });

  test('its lists have a share of the connections, and others are served', async () => {
    const asked = Array.from({ length: 60 }, () => world.ask('GET /v1/deliveries', { key: ann.key }));
    await until(async () => (await stuck()) > 0, { timeoutMs: 10_000, what: 'a read that waits' });
    await othersAreServed();
    // Of eight connections: changes have two for themselves, and no client more than three.
    expect(await stuck()).toBeLessThanOrEqual(3);
    await locker.query('rollback');
    const statuses = await Promise.all(asked.map(async (answer) => (await answer).status));
    // Those that waited for their turn for five seconds were told so.
    expect(countOf(statuses, 200) + countOf(statuses, 429)).toBe(60);
    expect(countOf(statuses, 200)).toBeGreaterThan(0);
  });
});

test('of one client’s tests of filters four are under way at once, and others try theirs', async () => {
  const other = (await newWebhook(world, bob.key)).id;
  await locker.query('lock table webhook in access exclusive mode');
  const body = { event: { type: 'order.created', data: {} }, filter: { 'data.a': 1 } };
  const tryIt = (key: string, id: string) => world.ask(`POST /v1/webhooks/${id}/filter-test`, { key, body });
  const statuses: number[] = [];
  const asked = Array.from({ length: 30 }, async () => {
    const answer = await tryIt(ann.key, webhookId);
    statuses.push(answer.status);
    return answer;
  });
  await until(() => statuses.length === 26, { timeoutMs: 10_000, what: 'refusals' });
  const others = [tryIt(bob.key, other), tryIt(bob.key, other)];
  await locker.query('rollback');
  const answers = await Promise.all([...asked, ...others]);
  expect(countOf(statuses, 429)).toBe(26);
  expect(answers.find(({ status }) => status === 429)?.body).toMatchObject({ code: 'too_many_at_once' });
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200]);
});

test('while two clients read without end, and a replay is counted, others are served and the process is ready', async () => {
  await world.ask('POST /v1/replays', { key: ann.key, body: { filter: { webhookId } } });
  const lists = (key: string) => Array.from({ length: 20 }, () => world.ask('GET /v1/deliveries', { key }));
  const asked = [...lists(ann.key), ...lists(bob.key)];
  // Ann's three and one of Bob's; the others are for who has none. And the count, on a connection of the process.
  await until(async () => (await stuck()) === 5, { timeoutMs: 10_000, what: 'reads that wait' });
  for (let times = 0; times < 5; times += 1) {
    const read = await world.ask('GET /v1/webhooks', { key: cid.key });
    const body = { url: 'https://example.com/hook', eventTypes: ['order.*'] };
    const changed = await world.ask('POST /v1/webhooks', { key: cid.key, body });
    const { checks } = await world.context.health.report();
    expect([read.status, changed.status, checks['database']]).toEqual([200, 201, 'ok']);
  }
  await locker.query('rollback');
  const statuses = await Promise.all(asked.map(async (answer) => (await answer).status));
  expect(countOf(statuses, 200) + countOf(statuses, 429)).toBe(40);
});

test.each(['', 'under Idempotency-Keys '])(
  'while changes of one client wait %sfor each other, others change and read',
  async (how) => {
    await locker.query('select 1 from webhook where id = $1 for update', [webhookId]);
    const change = async (number: number) =>
      how === ''
        ? world.ask(`PATCH /v1/webhooks/${webhookId}`, { key: ann.key, body: { description: `number ${number}` } })
        : world.ask(`POST /v1/webhooks/${webhookId}/enable`, {
            key: ann.key,
            headers: { 'idempotency-key': `waits-${number}` },
          });
    const asked = Array.from({ length: 20 }, (_, number) => change(number));
    await until(async () => (await stuckAt('%webhook%')) > 1, { timeoutMs: 10_000, what: 'changes that wait' });
    await pause(200);
    // Of eight connections.
    expect(await stuckAt('%webhook%')).toBe(2);
    for (let times = 0; times < 3; times += 1) {
      const read = await world.ask('GET /v1/webhooks', { key: bob.key });
      const body = { url: 'https://example.com/hook', eventTypes: ['order.*'] };
      const changed = await world.ask('POST /v1/webhooks', { key: bob.key, body });
      expect([read.status, changed.status]).toEqual([200, 201]);
    }
    await locker.query('rollback');
    const statuses = await Promise.all(asked.map(async (answer) => (await answer).status));
    // Those that waited for their turn for five seconds were told so.
    expect(countOf(statuses, 200) + countOf(statuses, 429)).toBe(20);
    expect(countOf(statuses, 200)).toBeGreaterThan(1);
  },
);

test('while the event loop is late, who asks little is answered before who asks much', async () => {
  const spin = setInterval(() => {
    for (const endsAt = performance.now() + 40; performance.now() < endsAt;);
  }, 1);
  try {
    // A round of the loop is measured behind it.
    await world.ask('GET /v1/me', { key: bob.key });
    let answered = 0;
    const asked = Array.from({ length: 150 }, async () => {
      await world.ask('GET /v1/me', { key: ann.key });
      answered += 1;
    });
    await world.ask('GET /v1/me', { key: bob.key });
    expect(answered).toBeLessThan(100);
    clearInterval(spin);
    await Promise.all(asked);
  } finally {
    clearInterval(spin);
  }
});

test('a process whose pool is taken as a whole is ready all the same', async () => {
  const pool = await world.app.get(EntityManager).getConnection().getNativeClient();
  const taken = await Promise.all(Array.from({ length: 8 }, () => pool.connect()));
  try {
    // Answers of readiness are kept for a moment.
    await pause(500);
    expect((await world.context.health.report()).checks['database']).toBe('ok');
    // And what others commit is passed on.
    await observer.query(`insert into outbox (topic, key, value, headers, created_at)
      values ('webhook.definitions', 'wh_gone', null, '{}', now())`);
    const waiting = async () => (await observer.query('select 1 from outbox')).rowCount;
    await until(async () => (await waiting()) === 0, { timeoutMs: 10_000, what: 'an empty outbox' });
  } finally {
    for (const client of taken) client.release();
  }
});

test('a read that takes too long ends in PostgreSQL, and is told so', async () => {
  const answer = await dryRun();
  expect(answer).toMatchObject({ status: 503, body: { code: 'query_timeout' }, headers: { 'retry-after': '5' } });
  expect(await stuck()).toBe(0);
});

test.each([
  ['GET', '/v1/deliveries', undefined],
  ['GET', '/v1/exports/deliveries', undefined],
  ['POST', '/v1/replays', '{"dryRun":true}'],
])('%s %s of whoever hangs up ends in PostgreSQL', async (method, path, body) => {
  const hungUp = new AbortController();
  const headers = { authorization: `Bearer ${ann.key}`, 'content-type': 'application/json' };
  const asked = fetch(`${url}${path}`, {
    method,
    headers,
    signal: hungUp.signal,
    ...(body === undefined ? {} : { body }),
  });
  const read = asked.then((response) => response.text());
  await until(async () => (await stuck()) === 1, { timeoutMs: 10_000, what: 'a read that waits' });
  hungUp.abort();
  await expect(read).rejects.toThrow();
  // By itself it would end after ten seconds, or thirty.
  await until(async () => (await stuck()) === 0, { timeoutMs: 5_000, what: 'that it ends' });
});

test('the count of a replay holds no lock that others’ replays need', async () => {
  const made = await world.ask('POST /v1/replays', { key: ann.key, body: { filter: { webhookId } } });
  await until(async () => (await stuck()) === 1, { timeoutMs: 10_000, what: 'a count' });
  const { rows } = await observer.query<{ free: boolean }>(
    "select pg_try_advisory_lock(hashtext('webhooks.replays')) as free",
  );
  await observer.query('select pg_advisory_unlock_all()');
  expect(rows).toEqual([{ free: true }]);
  await locker.query('rollback');
  const read = () => world.ask(`GET /v1/replays/${String(made.body['id'])}`, { key: ann.key });
  await until(async () => (await read()).body['status'] === 'finished', { timeoutMs: 20_000, what: 'its end' });
  expect((await read()).body).toMatchObject({ total: 1, done: 1 });
});

/** What was asked for under an Idempotency-Key happens once, whatever ends a request. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { IdempotencyStore, type Claim, type HeldClaim } from '../../../libs/postgres/access/idempotency-store.ts';
import { until } from '../../support/until.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';
import { followTopic } from './topic-reader.ts';

type Reader = Awaited<ReturnType<typeof followTopic>>;

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let database: pg.Client;
let platform: Reader;
let deliveries: Reader;
let events: Reader;
let webhookId: string;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  database = new pg.Client({ connectionString: world.env.DATABASE_URL });
  await database.connect();
  webhookId = (await newWebhook(world, ann.key)).id;
  [platform, deliveries, events] = await Promise.all([
    followTopic(world, 'platform.events'),
    followTopic(world, 'webhook.deliveries'),
    followTopic(world, 'webhook.events'),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([platform.stop(), deliveries.stop(), events.stop(), database.end()]);
  await world.close();
});

const once = (key: string, route: string, body: unknown, caller = ann.key) =>
  world.ask(route, { body, key: caller, headers: { 'idempotency-key': key } });

/** As when the process died after the work, before its answer was kept, more than a minute ago. */
const crashed = (key: string) =>
  database.query(
    `update idempotency_key set response_status = null, response_body = null, created_at = now() - interval '61 s'
    where key = $1`,
    [key],
  );

describe('a repeat after a crash', () => {
  test('publishes nothing a second time, and answers with the same ids', async () => {
    const list = [
      { type: 'order.created', clientId: ann.id, data: 'repeated' },
      { type: 'order.created', clientId: ann.id, data: 'repeated' },
    ];
    const first = await once('published', 'POST /v1/events', list, world.adminKey);
    await crashed('published');
    const second = await once('published', 'POST /v1/events', list, world.adminKey);
    expect([second.status, second.body]).toEqual([202, first.body]);
    // What the memory of published ids lost is published again as the same events.
    await crashed('published');
    await database.query('delete from published_event');
    const third = await once('published', 'POST /v1/events', list, world.adminKey);
    expect(third.body).toEqual(first.body);
    const all = await platform.until((values) => values.filter(({ data }) => data === 'repeated').length >= 4);
    const repeated = all.filter(({ data }) => data === 'repeated');
    const ids = (first.body['accepted'] as { id: string }[]).map(({ id }) => id);
    expect(repeated.map(({ id }) => id)).toEqual([...ids, ...ids]);
    expect(new Set(repeated.map(({ time }) => time)).size).toBe(1);
  });

  test('of a test event makes the same event and the same delivery', async () => {
    const sendTest = () => once('tested', `POST /v1/webhooks/${webhookId}/test-events`, { eventType: 'demo.again' });
    const first = await sendTest();
    await crashed('tested');
    expect((await sendTest()).body).toEqual(first.body);
    const isMine = (value: Record<string, unknown>) => value['eventType'] === 'demo.again';
    const made = (await deliveries.until((values) => values.filter(isMine).length >= 2)).filter(isMine);
    const said = (await events.until((values) => values.filter(isMine).length >= 2)).filter(isMine);
    expect([made[1], said[1]]).toEqual([made[0], said[0]]);
  });

  test('of a resend is the same attempt of the same round', async () => {
    const seed = { clientId: ann.id, webhookId, outcomes: ['failed_permanent'] as const };
    const { deliveryId } = await seedHistory(world.env.DATABASE_URL, seed);
    const resend = () => once('resent', `POST /v1/deliveries/${deliveryId}/resend`, {});
    const first = await resend();
    await crashed('resent');
    expect((await resend()).body).toEqual(first.body);
    const isMine = (value: Record<string, unknown>) => value['deliveryId'] === deliveryId;
    const made = (await deliveries.until((values) => values.filter(isMine).length >= 2)).filter(isMine);
    expect(made[1]).toEqual(made[0]);
    // What was asked for once is told once; asked for again it is another round.
    const told = async () => {
      const query =
        "select after->>'round' as round from audit_entry where action = 'delivery.resent' and object_id = $1";
      return (await database.query(query, [deliveryId])).rows as { round: string }[];
    };
    expect(await told()).toEqual([{ round: first.body['round'] }]);
    await once('resent-again', `POST /v1/deliveries/${deliveryId}/resend`, {});
    expect(await told()).toHaveLength(2);
  });
});

describe('a change in the database', () => {
  const body = { url: 'https://example.com/hook', eventTypes: ['order.*'], description: 'made once' };
  const made = async () =>
    (await database.query("select id from webhook where description = 'made once'")).rows as { id: string }[];

  test('of a request that took so long that another was let in does not stand', async () => {
    const other = new pg.Client({ connectionString: world.env.DATABASE_URL });
    await other.connect();
    await other.query('begin');
    await other.query('select 1 from client where id = $1 for update', [ann.id]);
    const slow = once('created', 'POST /v1/webhooks', body);
    const isClaimed = async () =>
      (await database.query("select 1 from idempotency_key where key = 'created'")).rowCount === 1;
    await until(isClaimed, { timeoutMs: 10_000, what: 'a claim' });
    await crashed('created');
    const second = once('created', 'POST /v1/webhooks', body);
    const isTakenOver = async () =>
      (
        await database.query(
          "select 1 from idempotency_key where key = 'created' and created_at > now() - interval '30 s'",
        )
      ).rowCount === 1;
    await until(isTakenOver, { timeoutMs: 10_000, what: 'a second claim' });
    await other.query('commit');
    await other.end();
    const answers = await Promise.all([slow, second]);
    expect(answers.map(({ status }) => status)).toEqual([409, 201]);
    expect(await made()).toEqual([{ id: answers[1].body['id'] }]);
    expect((await once('created', 'POST /v1/webhooks', body)).body).toEqual(answers[1].body);
  });

  test('is not there without its answer', async () => {
    await database.query(`create function refuse_answer() returns trigger language plpgsql as $$
      begin raise exception 'no room'; end $$`);
    await database.query(`create trigger refuse before update on idempotency_key for each row
      when (new.response_status is not null and new.key = 'unkept') execute function refuse_answer()`);
    const before = await made();
    expect((await once('unkept', 'POST /v1/webhooks', body)).status).toBe(500);
    expect(await made()).toEqual(before);
    await database.query('drop trigger refuse on idempotency_key');
    expect((await once('unkept', 'POST /v1/webhooks', body)).status).toBe(201);
    expect(await made()).toHaveLength(before.length + 1);
  });

  test('of a replay that is cancelled is not there without its answer either', async () => {
    await database.query(`insert into replay (id, client_id, filter, is_dry_run, status, pace_per_second, done, created_by,
        created_at, next_batch_at) values
      ('rp_unkept', '${ann.id}', '{}', false, 'running', 1, 0, 'key', now(), now() + interval '50 s')`);
    await database.query(`create trigger refuse before update on idempotency_key for each row
      when (new.response_status is not null and new.key = 'uncancelled') execute function refuse_answer()`);
    const cancel = () => once('uncancelled', 'POST /v1/replays/rp_unkept/cancel', undefined);
    const status = async () =>
      (await database.query(`select status from replay where id = 'rp_unkept'`)).rows[0] as { status: string };
    expect((await cancel()).status).toBe(500);
    expect(await status()).toEqual({ status: 'running' });
    await database.query('drop trigger refuse on idempotency_key');
    expect(await cancel()).toMatchObject({ status: 200, body: { status: 'cancelled', done: 0 } });
    expect(await status()).toEqual({ status: 'cancelled' });
  });
});

describe('a claim', () => {
  const request = { owner: 'key_1', key: 'claimed', requestHash: 'ab' };
  const heldOf = (claim: Claim): HeldClaim => {
    if (claim.kind !== 'claimed') throw new Error(claim.kind);
    return claim.claim;
  };

  test('that was lost can neither be given back nor answered for', async () => {
    const store = world.app.get(IdempotencyStore);
    const lost = heldOf(await store.claim(request));
    await crashed('claimed');
    const held = heldOf(await store.claim(request));
    expect(held.firstAt).toBe(lost.firstAt);
    await store.release(lost);
    await store.renew(lost);
    expect(await store.keep(lost, { status: 201, body: '1' })).toBe(false);
    expect(await store.claim(request)).toEqual({ kind: 'in_progress' });
    expect(await store.keep(held, { status: 201, body: '2' })).toBe(true);
    expect(await store.claim(request)).toEqual({ kind: 'answered', answer: { status: 201, body: '2' } });
  });

  test('that failed keeps the time of its first try, until another request takes its key', async () => {
    const store = world.app.get(IdempotencyStore);
    const named = { ...request, key: 'failed' };
    const first = heldOf(await store.claim(named));
    await store.release(first);
    await database.query("update idempotency_key set first_at = first_at - interval '5 s' where key = 'failed'");
    const second = heldOf(await store.claim(named));
    expect(second.firstAt).toBe(first.firstAt - 5_000);
    await store.release(second);
    const other = heldOf(await store.claim({ ...named, requestHash: 'cd' }));
    expect(other.firstAt).toBeGreaterThanOrEqual(first.firstAt);
  });
});

test('what Kafka takes after the answer said unavailable is there once, and a repeat is answered with it', async () => {
  const sink = world.app.get(RecordSink);
  const held = Promise.withResolvers<undefined>();
  // Under way, so that it cannot be withdrawn, and acknowledged later.
  const append = jest
    .spyOn(sink, 'append')
    .mockImplementationOnce((records) => held.promise.then(() => sink.append(records)));
  try {
    const publish = () =>
      once('doubted', 'POST /v1/events', { type: 'order.created', clientId: ann.id, data: 'doubted' }, world.adminKey);
    expect(await publish()).toMatchObject({ status: 503, body: { code: 'kafka_unavailable' } });
    expect(await publish()).toMatchObject({
      status: 409,
      body: { code: 'idempotency_in_progress' },
      headers: { 'retry-after': '5' },
    });
    held.resolve(undefined);
    await until(async () => (await publish()).status === 202, { timeoutMs: 10_000, what: 'the answer' });
    const answer = await publish();
    await platform.until((values) => values.some(({ data }) => data === 'doubted'));
    await once('after', 'POST /v1/events', { type: 'order.created', clientId: ann.id, data: 'after' }, world.adminKey);
    const all = await platform.until((values) => values.some(({ data }) => data === 'after'));
    const doubted = all.filter(({ data }) => data === 'doubted').map(({ id }) => ({ id }));
    expect(doubted).toEqual(answer.body['accepted']);
  } finally {
    append.mockRestore();
  }
}, 60_000);

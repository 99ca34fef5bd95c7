/** A change that is committed reaches Kafka: in order, at least once, whatever breaks in between. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { OutboxRelay } from '../../../apps/management-api/outbox/outbox-relay.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import { RecordRefusedError } from '../../../libs/kafka/producer/append-error.ts';
import { createOrm, type Orm } from '../../../libs/postgres/orm.ts';
import { OutboxStore, type OutboxRecord } from '../../../libs/postgres/outbox/outbox-store.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { until } from '../../support/until.ts';
import { newClient, newWebhook, startWorld, type World } from './api-world.ts';
import { followTopic } from './topic-reader.ts';

type Reader = Awaited<ReturnType<typeof followTopic>>;

let world: World;
let ann: Awaited<ReturnType<typeof newClient>>;
let definitions: Reader;
let eventTypes: Reader;
let notices: Reader;

beforeAll(async () => {
  world = await startWorld();
  ann = await newClient(world, 'Ann');
  [definitions, eventTypes, notices] = await Promise.all([
    followTopic(world, 'webhook.definitions'),
    followTopic(world, 'webhook.event-types'),
    followTopic(world, 'webhook.notices'),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([definitions.stop(), eventTypes.stop(), notices.stop()]);
  await world.close();
});

describe('a change', () => {
  test('is on Kafka within a second, with secrets and headers sealed', async () => {
    const make = async () => {
      const started = performance.now();
      const made = await newWebhook(world, ann.key, { headers: { authorization: 'Bearer hush' } });
      const isThere = () => definitions.records.some(({ key }) => key?.toString() === made.id);
      await until(isThere, { timeoutMs: 5000, everyMs: 5 });
      return { ...made, tookMs: performance.now() - started };
    };
    const all = [await make(), await make(), await make()];
    // The best of several: the machine has others to serve.
    expect(Math.min(...all.map(({ tookMs }) => tookMs))).toBeLessThan(1000);
    const [{ id, secret } = { id: '', secret: '' }] = all;
    const [record] = definitions.records.filter(({ key }) => key?.toString() === id);
    expect(record?.value?.includes('hush')).toBe(false);
    expect(record?.value?.includes(secret.slice(6))).toBe(false);
    expect(definitions.values().find((value) => value.$key === id)).toMatchObject({ id, clientId: ann.id, version: 1 });
  });

  test('follows the one before, to the tombstone', async () => {
    const { id } = await newWebhook(world, ann.key);
    await world.ask(`PATCH /v1/webhooks/${id}`, { body: { description: 'x' }, key: ann.key });
    await world.ask(`POST /v1/webhooks/${id}/disable`, { key: ann.key });
    await world.ask(`POST /v1/webhooks/${id}/secret/rotate`, { body: {}, key: ann.key });
    await world.ask(`DELETE /v1/webhooks/${id}`, { key: ann.key });
    const mine = (all: readonly Record<string, unknown>[]) => all.filter((value) => value['$key'] === id);
    const said = mine(await definitions.until((all) => mine(all).length === 5));
    expect(said.map((value) => value['version'])).toEqual([1, 2, 3, 4, undefined]);
    expect(said[3]?.['secrets']).toMatchObject([{ expiresAt: null }, {}]);
    const told = await notices.until((all) => all.filter((value) => value['subject'] === id).length === 5);
    expect(told.filter((value) => value['subject'] === id).map((value) => [value['type'], value.$key])).toEqual([
      ['webhook.created', ann.id],
      ['webhook.updated', ann.id],
      ['webhook.disabled', ann.id],
      ['webhook.updated', ann.id],
      ['webhook.deleted', ann.id],
    ]);
  });

  test('of an event type counts versions; putting the same is none', async () => {
    const put = (body: object) => world.ask('PUT /v1/event-types/thing.made', { body });
    expect((await put({ description: 'a' })).body).toMatchObject({ version: 1, audience: 'client', schemaMode: 'off' });
    expect((await put({ description: 'a' })).body).toMatchObject({ version: 1 });
    const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', required: ['n'] };
    const changed = await put({ description: 'a', jsonSchema: schema, schemaMode: 'enforce', example: { n: 1.5 } });
    expect(changed.body).toMatchObject({ version: 2, jsonSchema: schema, example: { n: 1.5 } });
    // For whom a type is, is the operator's matter.
    const { visibleTo, ...shown } = changed.body;
    expect(visibleTo).toBeNull();
    expect((await world.ask('GET /v1/event-types/thing.made', { key: ann.key })).body).toEqual(shown);
    expect((await put({ jsonSchema: { type: 'nonsense' } })).status).toBe(422);
    expect((await world.ask('DELETE /v1/event-types/thing.made')).status).toBe(204);
    const mine = (all: readonly Record<string, unknown>[]) => all.filter((value) => value['$key'] === 'thing.made');
    const said = mine(await eventTypes.until((all) => mine(all).length === 3));
    expect(said.map((value) => value['version'])).toEqual([1, 2, undefined]);
    expect(JSON.parse(String(said[1]?.['jsonSchema']))).toEqual(schema);
  });
});

describe('many changes at once', () => {
  test('arrive in the order of their versions', async () => {
    const { id } = await newWebhook(world, ann.key);
    await Promise.all(
      Array.from({ length: 20 }, (_, no) =>
        world.ask(`PATCH /v1/webhooks/${id}`, { body: { description: `no ${no}` }, key: ann.key }),
      ),
    );
    const mine = (all: readonly Record<string, unknown>[]) => all.filter((value) => value['$key'] === id);
    const said = mine(await definitions.until((all) => mine(all).length === 21));
    expect(said.map((value) => value['version'])).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  });
});

describe('the relay', () => {
  test('that loses its connection leads again, and nothing is lost', async () => {
    const client = new pg.Client({ connectionString: world.env.DATABASE_URL });
    await client.connect();
    const killed = await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await client.end();
    expect(killed.rowCount).toBeGreaterThan(0);
    // Whoever meets a connection that has just died is told to try again.
    let id = '';
    const isMade = async () => {
      ({ id } = await newWebhook(world, ann.key));
      return true;
    };
    await until(isMade, { timeoutMs: 5_000, what: 'a webhook is made' });
    await definitions.until((all) => all.some((value) => value.$key === id));
    await until(async () => (await world.context.health.report()).status === 'ready', { timeoutMs: 5000 });
  });

  describe('on its own', () => {
    let orm: Orm;
    let store: OutboxStore;
    const logger = createLogger('relay', 'silent');

    beforeAll(async () => {
      // The world's own relay would take the rows.
      await world.app.get(OutboxRelay).stop();
      orm = createOrm(world.env.DATABASE_URL, 6);
      store = new OutboxStore(orm.em);
      await until(async () => (await store.count()) === 0, { timeoutMs: 5000 });
    });

    afterAll(async () => {
      await orm.close(true);
    });

    const recordOf = ({ topic, key, value }: OutboxRecord): OutgoingRecord => ({
      topic,
      key,
      value: value === null ? null : Buffer.from(JSON.stringify(value)),
    });
    const versionsOf = (id: string, records: readonly OutgoingRecord[]) =>
      records
        .filter(({ topic, key }) => topic === 'webhook.definitions' && key === id)
        .map(({ value }) => (value === null ? null : (JSON.parse(value.toString()) as { version: number }).version));

    function relayTo(append: (records: readonly OutgoingRecord[]) => Promise<void>, encode = recordOf) {
      return new OutboxRelay({ store, sink: { append }, encode, logger, followMs: 20 });
    }

    test('of two processes leads in one, and the other takes over', async () => {
      const firsts: OutgoingRecord[] = [];
      const seconds: OutgoingRecord[] = [];
      const first = relayTo((records) => Promise.resolve(void firsts.push(...records)));
      const second = relayTo((records) => Promise.resolve(void seconds.push(...records)));
      first.start();
      await until(() => first.problem() === null, { timeoutMs: 5000 });
      second.start();
      const { id } = await newWebhook(world, ann.key);
      await until(() => versionsOf(id, firsts).length === 1, { timeoutMs: 5000 });
      await first.stop();
      await world.ask(`PATCH /v1/webhooks/${id}`, { body: { description: 'b' }, key: ann.key });
      await until(() => versionsOf(id, seconds).length === 1, { timeoutMs: 5000 });
      await second.stop();
      expect([versionsOf(id, firsts), versionsOf(id, seconds)]).toEqual([[1], [2]]);
      expect(await store.count()).toBe(0);
    });

    test('whose host falls silent is relieved, however long its connections stay open', async () => {
      const proxy = await swallowingProxy(world.env.DATABASE_URL);
      const silentOrm = createOrm(proxy.url, 3);
      const silent = new OutboxRelay({
        store: new OutboxStore(silentOrm.em),
        sink: { append: () => Promise.resolve() },
        encode: recordOf,
        logger,
        followMs: 20,
      });
      // The lease of the one before has to be given up, or this one would not lead.
      await until(async () => (await lockHolders(world.env.DATABASE_URL)) === 0, { timeoutMs: 15_000 });
      silent.start();
      await until(async () => (await lockHolders(world.env.DATABASE_URL)) === 1, { timeoutMs: 5000 });
      const silentAt = performance.now();
      proxy.swallow();
      const published: OutgoingRecord[] = [];
      const other = relayTo((records) => Promise.resolve(void published.push(...records)));
      other.start();
      const { id } = await newWebhook(world, ann.key);
      await until(() => versionsOf(id, published).length === 1, { timeoutMs: 20_000 });
      // It could not give the lease up: that ran out.
      expect(performance.now() - silentAt).toBeGreaterThan(5_000);
      await other.stop();
      proxy.close();
      await silent.stop();
      await silentOrm.close(true);
    }, 60_000);

    test('that dies between publishing and removing publishes again, in order', async () => {
      const { id } = await newWebhook(world, ann.key);
      await world.ask(`PATCH /v1/webhooks/${id}`, { body: { description: 'b' }, key: ann.key });
      const published: OutgoingRecord[] = [];
      const dying = relayTo(async (records) => {
        published.push(...records);
        await killRelays(world.env.DATABASE_URL);
      });
      dying.start();
      await until(() => versionsOf(id, published).length >= 2, { timeoutMs: 5000 });
      await dying.stop();
      expect(await store.count()).toBeGreaterThan(0);
      const again: OutgoingRecord[] = [];
      const next = relayTo((records) => Promise.resolve(void again.push(...records)));
      next.start();
      await until(async () => (await store.count()) === 0, { timeoutMs: 5000 });
      await next.stop();
      expect(versionsOf(id, again).slice(0, 2)).toEqual([1, 2]);
      expect(versionsOf(id, again).at(-1)).toBe(2);
    });

    test('that dies between the commit and publishing publishes nothing, and the next one everything', async () => {
      const { id } = await newWebhook(world, ann.key);
      const tried = Promise.withResolvers<undefined>();
      const gone = Promise.withResolvers<never>();
      const dying = relayTo(async () => {
        await killRelays(world.env.DATABASE_URL);
        tried.resolve(undefined);
        // As in a process that is gone: nothing is written.
        await gone.promise;
      });
      dying.start();
      await tried.promise;
      expect(await store.count()).toBeGreaterThan(0);
      const published: OutgoingRecord[] = [];
      const next = relayTo((records) => Promise.resolve(void published.push(...records)));
      next.start();
      await until(async () => (await store.count()) === 0, { timeoutMs: 5000 });
      await next.stop();
      expect(versionsOf(id, published)).toEqual([1]);
      const stopped = dying.stop();
      gone.reject(new Error('gone'));
      await stopped;
    });

    test('that lost the lead while it wrote puts the present state behind what it wrote', async () => {
      const { id } = await newWebhook(world, ann.key);
      const written: OutgoingRecord[] = [];
      const late = Promise.withResolvers<undefined>();
      const slow = relayTo(async (records) => {
        if (written.length === 0) await late.promise;
        written.push(...records);
      });
      slow.start();
      await until(async () => (await lockHolders(world.env.DATABASE_URL)) === 1, { timeoutMs: 5000 });
      await killRelays(world.env.DATABASE_URL);
      const other = relayTo((records) => Promise.resolve(void written.push(...records)));
      // The other one publishes the deletion; only then does what the slow one wrote arrive.
      await world.ask(`DELETE /v1/webhooks/${id}`, { key: ann.key });
      other.start();
      await until(() => versionsOf(id, written).includes(null), { timeoutMs: 5000 });
      late.resolve(undefined);
      await until(() => versionsOf(id, written).at(-1) === null && versionsOf(id, written).length > 3, {
        timeoutMs: 5000,
      });
      await slow.stop();
      await other.stop();
    });

    test('leaves out a row that can never be published, and goes on', async () => {
      const published: OutgoingRecord[] = [];
      const bad = await newWebhook(world, ann.key);
      const good = await newWebhook(world, ann.key);
      const relay = relayTo(
        (records) => {
          if (records.some(({ key }) => key === good.id) && records.length > 1) {
            return Promise.reject(new RecordRefusedError('too large'));
          }
          return Promise.resolve(void published.push(...records));
        },
        (row) => {
          if (row.key === bad.id) throw new Error('does not fit the schema');
          return recordOf(row);
        },
      );
      relay.start();
      await until(async () => (await store.count()) === 0, { timeoutMs: 5000 });
      await relay.stop();
      expect([versionsOf(bad.id, published), versionsOf(good.id, published)]).toEqual([[], [1]]);
    });
  });
});

async function asked(databaseUrl: string, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** Their lease is over, as when they are silent for too long. */
function killRelays(databaseUrl: string): Promise<number> {
  return asked(databaseUrl, "update outbox_lease set owner = 'nobody', expires_at = now()");
}

function lockHolders(databaseUrl: string): Promise<number> {
  return asked(databaseUrl, 'select 1 from outbox_lease where expires_at > now()');
}

/** A way to the database that stops passing anything on, and keeps every connection open. */
async function swallowingProxy(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl);
  const sockets: Socket[] = [];
  let isSwallowing = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.push(socket);
      socket.on('error', () => undefined);
    }
    if (!isSwallowing) near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.toString(),
    swallow: () => {
      isSwallowing = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

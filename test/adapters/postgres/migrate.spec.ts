import type { EntitySchema } from '@mikro-orm/postgresql';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { migrate, migrationLock } from '../../../libs/postgres/server/migrate.ts';
import { allEntities } from '../../../libs/postgres/orm.ts';
import { appendToOutbox } from '../../../libs/postgres/outbox/outbox-writer.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { until } from '../../support/until.ts';
import { emptyDatabase, type TestDatabase } from './history-database.ts';

const logger = createLogger('test', 'silent');
let database: TestDatabase;

beforeEach(async () => {
  database = await emptyDatabase();
});
afterEach(async () => {
  await database.close();
});

test('four processes that migrate at once run each migration once', async () => {
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, logger)));
  const names = ran.flat();
  expect(names[0]).toBe('0001-initial');
  expect(new Set(names).size).toBe(names.length);
  expect(await migrate(database.url, logger)).toEqual([]);
});

test('four that migrate at once while indexes are to be made concurrently all succeed, and none is left half made', async () => {
  await migrate(database.url, logger);
  const pool = await database.em.getConnection().getNativeClient();
  await database.rows('drop index audit_entry_at, audit_entry_actor, audit_entry_action');
  await database.rows(
    `insert into audit_entry (at, actor_kind, actor_id, action, object_kind, object_id)
     select now(), 'system', 'test', 'webhook.created', 'webhook', n::text from generate_series(1, 20000) n`,
  );
  // As one leaves it that was cut off.
  await expect(
    pool.query('create unique index concurrently audit_entry_action on audit_entry (action)'),
  ).rejects.toThrow('could not create unique index');
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, logger)));
  expect(ran).toEqual([[], [], [], []]);
  expect(await database.rows('select indexrelid::regclass as name from pg_index where not indisvalid')).toEqual([]);
  const made = await database.rows<{ name: string }>(
    `select relname as name from pg_class where relname in ('audit_entry_at', 'audit_entry_actor', 'audit_entry_action')`,
  );
  expect(made).toHaveLength(3);
});

test('whoever waits inside a statement for its turn, as versions before did, is let through', async () => {
  await migrate(database.url, logger);
  await database.rows('drop index audit_entry_at');
  const pool = await database.em.getConnection().getNativeClient();
  const [writer, waiter] = [await pool.connect(), await pool.connect()];
  const isTrue = (sql: string) => async () => (await database.rows(`select 1 as one from ${sql}`)).length > 0;
  try {
    await writer.query('begin; lock table audit_entry in row exclusive mode');
    const migrating = migrate(database.url, logger);
    const waitsForWriter = isTrue(`pg_stat_progress_create_index where phase = 'waiting for writers before build'
      and datname = current_database()`);
    await until(waitsForWriter, { timeoutMs: 20_000, what: 'the index waits for the writer' });
    const turn = waiter
      .query('select pg_advisory_lock(hashtext($1))', [migrationLock])
      .then(() => waiter.query('select pg_advisory_unlock_all()'));
    // Its own look for a deadlock, after a second, is over: the next one is that of the index.
    const hasWaited =
      isTrue(`pg_locks where locktype = 'advisory' and waitstart < clock_timestamp() - interval '1500 ms'
      and database = (select oid from pg_database where datname = current_database())`);
    await until(hasWaited, { timeoutMs: 20_000, what: 'the other waits for its turn' });
    await writer.query('commit');
    await turn;
    expect(await migrating).toEqual([]);
  } finally {
    writer.release(true);
    waiter.release(true);
  }
  expect(await database.rows('select indexrelid::regclass as name from pg_index where not indisvalid')).toEqual([]);
  expect(await database.rows(`select to_regclass('audit_entry_at') is not null as made`)).toEqual([{ made: true }]);
});

test('a limit that the role has in this database ends no change that takes long', async () => {
  await migrate(database.url, logger);
  await database.rows('drop index audit_entry_at');
  const pool = await database.em.getConnection().getNativeClient();
  const writer = await pool.connect();
  try {
    await writer.query(`do $$ begin
      execute format('alter role current_user in database %I set statement_timeout = 1000', current_database());
    end $$`);
    await writer.query('begin; lock table audit_entry in row exclusive mode');
    const migrating = migrate(database.url, logger);
    const buildingFor = `select 1 as one from pg_stat_activity where datname = current_database()
      and query like 'create index concurrently%' and query_start < clock_timestamp() - interval '2 s'`;
    await until(async () => (await database.rows(buildingFor)).length > 0, {
      timeoutMs: 20_000,
      what: 'the index waits for longer than the limit',
    });
    await writer.query('commit');
    expect(await migrating).toEqual([]);
  } finally {
    writer.release(true);
  }
  expect(await database.rows(`select to_regclass('audit_entry_at') is not null as made`)).toEqual([{ made: true }]);
});

test('every entity finds its table and all its columns', async () => {
  await migrate(database.url, logger);
  for (const entity of allEntities) {
    const { tableName, props } = database.em.getMetadata(entity as EntitySchema);
    const columns = await database.rows<{ column_name: string }>(
      'select column_name from information_schema.columns where table_name = $1',
      [tableName],
    );
    expect(columns.map(({ column_name }) => column_name).sort()).toEqual(
      props.flatMap(({ fieldNames }) => fieldNames).sort(),
    );
  }
});

test('the audit log takes no change but new entries', async () => {
  await migrate(database.url, logger);
  await database.rows(
    `insert into audit_entry (at, actor_kind, actor_id, action, object_kind, object_id)
     values (now(), 'system', 'test', 'webhook.created', 'webhook', 'wh-1')`,
  );
  for (const change of ['update audit_entry set action = $$x$$', 'delete from audit_entry', 'truncate audit_entry']) {
    await expect(database.rows(change)).rejects.toThrow('append-only');
  }
  expect(await database.rows('select action from audit_entry')).toEqual([{ action: 'webhook.created' }]);
});

test('the outbox gives ids in the order of commits, however transactions overlap', async () => {
  await migrate(database.url, logger);
  const append = (key: string, hold: Promise<void>) =>
    database.em.fork().transactional(async (em) => {
      await appendToOutbox(em, [{ topic: 'webhook.definitions', key, value: null }], new Date());
      await hold;
    });
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = append('first', held);
  await waitersOnOutbox(0, 1);
  const second = append('second', Promise.resolve());
  // The second waits for the first: it has no id yet that a relay could see before the first one's.
  await waitersOnOutbox(1, 1);
  expect(await database.rows('select key from outbox')).toEqual([]);
  release();
  await Promise.all([first, second]);
  expect(await database.rows('select key from outbox order by id')).toEqual([{ key: 'first' }, { key: 'second' }]);
});

test('a row in the outbox wakes whoever listens', async () => {
  await migrate(database.url, logger);
  const pool = await database.em.getConnection('write').getNativeClient();
  const listener = await pool.connect();
  try {
    const heard = new Promise<string>((resolve) => {
      listener.once('notification', (message: { channel: string }) => {
        resolve(message.channel);
      });
    });
    await listener.query('listen outbox');
    await database.em.fork().transactional(async (em) => {
      await appendToOutbox(em, [{ topic: 'webhook.definitions', key: 'wh-1', value: null }], new Date());
    });
    expect(await heard).toBe('outbox');
  } finally {
    listener.release(true);
  }
});

test('the outbox is not written outside of a transaction', async () => {
  await migrate(database.url, logger);
  await expect(
    appendToOutbox(database.em.fork(), [{ topic: 'webhook.definitions', key: 'wh-1', value: null }], new Date()),
  ).rejects.toThrow('transaction');
});

/** Waits until so many sessions wait for an advisory lock and so many hold one. */
async function waitersOnOutbox(waiting: number, holding: number): Promise<void> {
  await until(
    async () => {
      const [locks] = await database.rows<{ waiting: string; holding: string }>(
        `select count(*) filter (where not granted)::text as waiting, count(*) filter (where granted)::text as holding
         from pg_locks
         where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
      );
      return Number(locks?.waiting) === waiting && Number(locks?.holding) === holding;
    },
    { timeoutMs: 5_000, everyMs: 10 },
  );
}

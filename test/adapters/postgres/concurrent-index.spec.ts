/** Changes of a database that is in use: nobody waits for them, and what was cut off is gone on with. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { buildIndexes, type Statement } from '../../../libs/postgres/server/concurrent-index.ts';
import { migrate } from '../../../libs/postgres/server/migrate.ts';
import { createOrm } from '../../../libs/postgres/orm.ts';
import { dayMs } from '../../../libs/domain/day.ts';
import { maintainPartitions } from '../../../libs/postgres/housekeeping/partitions.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { until } from '../../support/until.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';

let database: TestDatabase;
let lines: { index?: string; phase?: string; percent?: number }[];

beforeEach(async () => {
  database = await migratedDatabase();
  lines = [];
});
afterEach(async () => {
  await database.close();
});

const logger = Object.assign(createLogger('test', 'silent'), {
  info: (fields: object) => lines.push(fields),
  warn: (fields: object) => lines.push(fields),
});

type BeforeStatement = (sql: string) => Promise<unknown>;
const nothing: BeforeStatement = () => Promise.resolve();

async function build(name: string, table: string, on: string, before = nothing): Promise<string[]> {
  const pool = await database.em.getConnection().getNativeClient();
  const look: Statement = async (sql, values = []) => (await pool.query(sql, [...values])).rows as never;
  const make: Statement = async (sql, values) => {
    await before(sql);
    return look(sql, values);
  };
  return buildIndexes([{ name, table, on }], { make, look, logger, progressEveryMs: 20 });
}

async function partitionsOf(table: string): Promise<string[]> {
  const parts = await database.rows<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1`,
    [table],
  );
  return parts.map(({ name }) => name);
}

function validity(name: string): Promise<Record<string, unknown>[]> {
  return database.rows('select indisvalid as valid from pg_index where indexrelid = to_regclass($1)', [name]);
}

async function fill(rows: number): Promise<void> {
  await database.rows(
    `insert into audit_entry (at, actor_kind, actor_id, action, object_kind, object_id)
     select now(), 'system', 'x', 'a' || n % 2, 'webhook', n::text from generate_series(1, $1) n`,
    [rows],
  );
}

test('writers go on while an index is made, and how far it is is told', async () => {
  await fill(200_000);
  let made: Promise<string[]> = Promise.resolve([]);
  // It waits for transactions that began before it, and lets those pass that come after it.
  await inTransaction(database.em, async (run) => {
    await run(`update client set name = name`);
    await run(`insert into audit_entry (at, actor_kind, actor_id, action, object_kind, object_id)
      values (now(), 'system', 'x', 'open', 'webhook', 'y')`);
    made = build('audit_trial', 'audit_entry', '(action, object_id)');
    await until(() => lines.some(({ phase }) => phase !== undefined), { timeoutMs: 10_000, what: 'progress' });
    // Were it locked out, it would wait for this transaction, and this for it.
    await fill(1);
  });
  expect(await made).toEqual(['audit_trial']);
  const percentages = lines.flatMap(({ percent }) => percent ?? []);
  expect(percentages).toEqual(percentages.toSorted((a, b) => a - b));
  expect(percentages.at(-1)).toBeLessThan(100);
  expect(await validity('audit_trial')).toEqual([{ valid: true }]);
  expect(await build('audit_trial', 'audit_entry', '(action, object_id)')).toEqual([]);
});

test('one that was cut off half made is made anew', async () => {
  await fill(4);
  const pool = await database.em.getConnection().getNativeClient();
  await expect(pool.query('create unique index concurrently audit_trial on audit_entry (action)')).rejects.toThrow();
  expect(await validity('audit_trial')).toEqual([{ valid: false }]);
  expect(await build('audit_trial', 'audit_entry', '(action)')).toEqual(['audit_trial']);
  expect(await validity('audit_trial')).toEqual([{ valid: true }]);
});

test('over partitions it is made one by one, goes on where it was, and comes with those that are made later', async () => {
  const parts = await partitionsOf('delivery');
  const [, first] = parts;
  // As a run leaves it that ended after its first part.
  await database.rows('create index delivery_trial on only delivery (event_type)');
  await database.rows(`create index ${first}_delivery_trial on ${first} (event_type)`);
  await database.rows(`alter index delivery_trial attach partition ${first}_delivery_trial`);
  expect(await validity('delivery_trial')).toEqual([{ valid: false }]);
  const made = await build('delivery_trial', 'delivery', '(event_type)');
  const left = parts.filter((name) => name !== first);
  expect(made.toSorted()).toEqual(left.map((name) => `${name}_delivery_trial`));
  // Nobody drops it, so nothing can be missing once it has its own.
  expect(made.at(-1)).toBe('delivery_default_delivery_trial');
  expect(await validity('delivery_trial')).toEqual([{ valid: true }]);
  expect(await build('delivery_trial', 'delivery', '(event_type)')).toEqual([]);
});

test.each(['create index concurrently', 'alter index'])(
  'a partition that is dropped just before "%s" needs none, and the others have theirs',
  async (moment) => {
    const parts = await partitionsOf('delivery');
    const oldest = parts.find((name) => name !== 'delivery_default') ?? '';
    await build('delivery_trial', 'delivery', '(event_type)', async (sql) => {
      if (sql.includes(moment) && sql.includes(`${oldest}_delivery_trial`)) await database.rows(`drop table ${oldest}`);
    });
    expect(await partitionsOf('delivery')).toEqual(parts.filter((name) => name !== oldest));
    expect(await validity('delivery_trial')).toEqual([{ valid: true }]);
  },
);

test('a partition over which an index is being made is dropped later: nobody waits for it', async () => {
  const parts = (await partitionsOf('delivery')).filter((name) => name !== 'delivery_default');
  const [oldest = ''] = parts;
  const later = Date.now() + 400 * dayMs;
  const keepHouse = async () => {
    const report = await maintainPartitions(database.em, later, { daysAhead: 0, retentionDays: 1 });
    return report?.dropped.filter((name) => name.startsWith('delivery_p'));
  };
  let made: Promise<string[]> = Promise.resolve([]);
  await inTransaction(database.em, async (run) => {
    await run(`lock table ${oldest} in row exclusive mode`);
    made = build('part_trial', oldest, '(event_type)');
    await until(() => lines.some(({ phase }) => phase === 'waiting for writers before build'), {
      timeoutMs: 10_000,
      what: 'the index waits for the writer',
    });
    expect(await keepHouse()).toEqual([]);
  });
  expect(await made).toEqual(['part_trial']);
  expect(await keepHouse()).toEqual(parts);
});

test('partitions of the days to come do not wait for an index', async () => {
  const newest = (await partitionsOf('event')).at(-1) ?? '';
  await database.rows(`drop table ${newest}`);
  await database.rows('drop index audit_entry_actor');
  let migrating: Promise<string[]> = Promise.resolve([]);
  await inTransaction(database.em, async (run) => {
    await run('lock table audit_entry in row exclusive mode');
    migrating = migrate(database.url, logger);
    const isThere = async () => (await partitionsOf('event')).includes(newest);
    await until(isThere, { timeoutMs: 20_000, what: 'the partition while the index waits' });
    expect(await validity('audit_entry_actor')).not.toEqual([{ valid: true }]);
  });
  await migrating;
  expect(await validity('audit_entry_actor')).toEqual([{ valid: true }]);
});

test('what a connection begins with is done before anybody gets it, and one that cannot is given to nobody', async () => {
  const limited = createOrm(database.url, 3, { begin: 'set lock_timeout = 2000' });
  const unable = createOrm(database.url, 1, { begin: 'set no_such_setting = 1' });
  try {
    const pool = await limited.em.getConnection().getNativeClient();
    const shown = await Promise.all([1, 2, 3].map(() => pool.query('show lock_timeout')));
    expect(shown.flatMap(({ rows }) => rows as unknown[])).toEqual(Array(3).fill({ lock_timeout: '2s' }));
    await expect(unable.em.getConnection().execute('select 1')).rejects.toThrow('no_such_setting');
  } finally {
    await Promise.all([limited.close(true), unable.close(true)]);
  }
});

test('a migration that does not get its lock lets others through, and is done when it gets it', async () => {
  await database.rows('alter table client drop column portal_sessions_after');
  await database.rows(`delete from migration where name = '0010-portal-sessions'`);
  let migrating: Promise<string[]> = Promise.resolve([]);
  await inTransaction(database.em, async (run) => {
    await run('select 1 from client');
    migrating = migrate(database.url, logger);
    const isWaiting = async () =>
      (await database.rows(`select 1 from pg_locks where relation = 'client'::regclass and not granted`)).length > 0;
    await until(isWaiting, { timeoutMs: 20_000, everyMs: 20, what: 'the migration waits' });
    // Behind a migration that waits without an end it would wait for this transaction, and this for it.
    await database.rows('select 1 from client');
    await until(() => lines.some((line) => 'tries' in line), { timeoutMs: 20_000, what: 'it is tried again' });
  });
  expect(await migrating).toEqual(['0010-portal-sessions']);
});

/** Changes of a database that is in use: nobody waits for them, and what was cut off is gone on with. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { buildIndexes, type Statement } from '../../../libs/postgres/concurrent-index.ts';
import { migrate } from '../../../libs/postgres/migrate.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { until } from '../../support/until.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';

let database: TestDatabase;
let lines: { index?: string; phase?: string }[];

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

async function build(name: string, table: string, on: string): Promise<string[]> {
  const pool = await database.em.getConnection().getNativeClient();
  const run: Statement = async (sql, values = []) => (await pool.query(sql, [...values])).rows as never;
  return buildIndexes([{ name, table, on }], { make: run, look: run, logger, progressEveryMs: 20 });
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
    const at = performance.now();
    await fill(1);
    expect(performance.now() - at).toBeLessThan(1_000);
  });
  expect(await made).toEqual(['audit_trial']);
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
  const parts = await database.rows<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'delivery'::regclass order by 1`,
  );
  const [first] = parts;
  // As a run leaves it that ended after its first part.
  await database.rows('create index delivery_trial on only delivery (event_type)');
  await database.rows(`create index ${first?.name}_delivery_trial on ${first?.name} (event_type)`);
  await database.rows(`alter index delivery_trial attach partition ${first?.name}_delivery_trial`);
  expect(await validity('delivery_trial')).toEqual([{ valid: false }]);
  const made = await build('delivery_trial', 'delivery', '(event_type)');
  expect(made).toEqual(parts.slice(1).map(({ name }) => `${name}_delivery_trial`));
  expect(await validity('delivery_trial')).toEqual([{ valid: true }]);
  expect(await build('delivery_trial', 'delivery', '(event_type)')).toEqual([]);
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
    const at = performance.now();
    await database.rows('select 1 from client');
    expect(performance.now() - at).toBeLessThan(10_000);
    await until(() => lines.some((line) => 'tries' in line), { timeoutMs: 20_000, what: 'it is tried again' });
  });
  expect(await migrating).toEqual(['0010-portal-sessions']);
});

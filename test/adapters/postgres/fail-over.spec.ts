/** A primary that became a standby under open connections. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { isDatabaseAway } from '../../../libs/postgres/server/database-away.ts';
import { transacted } from '../../../libs/postgres/limits.ts';
import { createOrm, type Orm } from '../../../libs/postgres/orm.ts';
import { readerOf } from '../../../libs/postgres/read.ts';
import { emptyDatabase, type TestDatabase } from './history-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await emptyDatabase();
  await database.rows('create table written (a int)');
});
afterAll(async () => {
  await database.close();
});

const pid = 'select pg_backend_pid() as pid';
const setReadOnly = (value: 'on' | 'off') =>
  database.rows(`do $$ begin execute format('alter database %I set default_transaction_read_only = ${value}',
    current_database()); end $$`);

const written = 'insert into written values (1)';
/** Over each of the ways to the database. */
const ways: readonly (readonly [string, (orm: Orm) => Promise<unknown>])[] = [
  ['a statement', (orm) => readerOf(orm.em)(written)],
  ['a transaction of the driver', (orm) => inTransaction(orm.em, (run) => run(written))],
  ['a transaction of the mapper', (orm) => transacted(orm.em, (em) => em.execute(written))],
];

test.each(ways)(
  '#40 %s on what is read-only finds it away, and its connection is thrown away',
  async (_what, write) => {
    await setReadOnly('on');
    // On a connection made now nothing can be written for as long as it lives.
    const orm = createOrm(database.url, 1);
    try {
      const [standby] = await readerOf(orm.em)<{ pid: number }>(pid);
      await setReadOnly('off');
      const error: unknown = await write(orm).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: expect.stringMatching(/read-only/) });
      expect(isDatabaseAway(error)).toBe(true);
      await write(orm);
      const [primary] = await readerOf(orm.em)<{ pid: number }>(pid);
      expect(primary?.pid).not.toBe(standby?.pid);
    } finally {
      await orm.close(true);
    }
  },
);

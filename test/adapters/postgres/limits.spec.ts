/** What PostgreSQL ends by itself, whatever became of whoever asked. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { changing } from '../../../libs/postgres/webhooks/held-change.ts';
import { patientLimits, replayLimits, transacted, usualLimits } from '../../../libs/postgres/limits.ts';
import { createOrm } from '../../../libs/postgres/orm.ts';
import { readerOf } from '../../../libs/postgres/read.ts';
import { until } from '../../support/until.ts';
import { emptyDatabase, type TestDatabase } from './history-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await emptyDatabase();
});
afterAll(async () => {
  await database.close();
});

const settings = `select name, setting::int as ms from pg_settings
  where name in ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout')`;

test('a transaction has limits that are shorter than the wait of its client', async () => {
  const of = (rows: readonly { name: string; ms: number }[]) =>
    Object.fromEntries(rows.map(({ name, ms }) => [name, ms]));
  const idle = { idle_in_transaction_session_timeout: 30_000 };
  const usual = { ...idle, lock_timeout: usualLimits.lockMs, statement_timeout: usualLimits.statementMs };
  expect(of(await inTransaction(database.em, (run) => run(settings)))).toEqual(usual);
  expect(of(await transacted(database.em, (em) => em.execute(settings)))).toEqual(usual);
  expect(of(await changing(database.em, (em) => em.execute(settings)))).toEqual({
    ...{ ...idle, lock_timeout: 30_000, statement_timeout: 30_000 },
  });
  expect(of(await inTransaction(database.em, (run) => run(settings), replayLimits))).toMatchObject({
    idle_in_transaction_session_timeout: 120_000,
  });
  // A connection that is given back has none.
  expect(new Set(Object.values(of(await readerOf(database.em)(settings))))).toEqual(new Set([0]));
  for (const { lockMs, statementMs } of [usualLimits, patientLimits]) {
    expect(lockMs).toBeLessThanOrEqual(statementMs);
    expect(statementMs).toBeLessThan(120_000);
  }
});

test('a statement that its client gave up ends, in a transaction and outside of one', async () => {
  const impatient = createOrm(database.url, 2, { statementMsMax: 2_000 });
  const still = async () => {
    const [row] = await database.rows<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and query like '%pg_sleep(50)%' and pid <> pg_backend_pid()`,
    );
    return row?.count;
  };
  try {
    const asked = await Promise.allSettled([
      readerOf(impatient.em)('select pg_sleep(50)'),
      inTransaction(impatient.em, (run) => run('select pg_sleep(50)')),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await until(async () => (await still()) === 0, { timeoutMs: 30_000 });
    // Nobody waits behind them.
    expect(await readerOf(impatient.em)('select 1 as one')).toEqual([{ one: 1 }]);
  } finally {
    await impatient.close(true);
  }
});

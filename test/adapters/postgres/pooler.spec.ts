/** What a pooler does to us is found out before anything relies on a session. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectionKind } from '../../../libs/postgres/server/pooler-probe.ts';
import { requireSessions } from '../../../stack/setup.ts';
import { findPgBouncer, startPooler } from '../../support/own-pooler.ts';
import { emptyDatabase, type TestDatabase } from './history-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await emptyDatabase();
});
afterAll(async () => {
  await database.close();
});

const pgBouncer = findPgBouncer();
if (pgBouncer === null) {
  process.stderr.write(
    'pgbouncer is neither in the path nor in .cache/pgbouncer (Debian: package pgbouncer): nothing is tried behind it.\n',
  );
}
const behindPooler = pgBouncer === null ? test.skip : test;

test('PostgreSQL itself gives sessions', async () => {
  expect(await connectionKind(database.url)).toBe('sessions');
  await requireSessions(database.url);
});

behindPooler('so does a pooler in session mode', async () => {
  const pooler = await startPooler(pgBouncer as NonNullable<typeof pgBouncer>, database.url, 'session');
  try {
    expect(await connectionKind(pooler.url)).toBe('sessions');
  } finally {
    await pooler.stop();
  }
});

behindPooler('#41 one in transaction mode is recognised, and what it does with prepared statements', async () => {
  const pooler = await startPooler(pgBouncer as NonNullable<typeof pgBouncer>, database.url, 'transaction');
  try {
    // PgBouncer before 1.21 loses them; later ones keep them when max_prepared_statements says so.
    expect(await connectionKind(pooler.url)).toMatch(/^(lossy )?transactions$/);
    const refusal = 'is a pooler in transaction mode, through which nothing can be migrated';
    await expect(requireSessions(pooler.url)).rejects.toThrow(refusal);
  } finally {
    await pooler.stop();
  }
});

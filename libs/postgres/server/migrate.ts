/**
 * Brings the database to the newest version, while it is in use. Safe when several processes do it at once: one works,
 * the others wait. What must hold: a change that does not get its lock soon lets those behind it through and is tried
 * again; each migration is done or not; indexes over what may be large are made beside whoever writes, and a run that
 * is cut off is gone on with.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../runtime/logger.ts';
import { buildIndexes, type Statement } from './concurrent-index.ts';
import { Database } from './database.ts';
import { createOrm, type Orm } from '../orm.ts';
import { maintainPartitions, partitionDaysAhead } from '../housekeeping/partitions.ts';
import { patiently } from './patience.ts';
import { wantedIndexes } from './wanted-indexes.ts';

/** Any constant that no other advisory lock of this database has. */
export const migrationLock = 'webhooks.migrate';
/** Whoever waits for an exclusive lock makes all others wait behind it. */
const lockMsMax = 2_000;
const askEveryMs = 500;
/**
 * A database or a role may have limits of its own, under which a long change would end each time. What this version of the
 * server does not know is not set.
 */
const withoutLimits = `set statement_timeout = 0;
  select set_config(name, '0', false) from pg_settings where name in ('transaction_timeout', 'idle_session_timeout')`;
/**
 * One connection, which waits for its turn and for the snapshots that an index waits for as long as it takes. A host
 * that is gone without a word keeps the lock for a minute, not for the hours of the system's default.
 */
const holding = `set lock_timeout = 0;
  set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3;
  ${withoutLimits}`;

/** Returns the names of the migrations that were run now. @throws when the database is away or a migration fails */
export async function migrate(databaseUrl: string, logger: Logger): Promise<string[]> {
  // No statement of a migration is cut off: the server would go on with it.
  const begin = `set lock_timeout = ${lockMsMax}; ${withoutLimits}`;
  const orm = createOrm(databaseUrl, 4, { statementMsMax: 0, begin, isDatabaseMade: true });
  try {
    const pool = await orm.em.getConnection().getNativeClient();
    const holder = await pool.connect();
    const make: Statement = async (sql, values = []) => (await holder.query(sql, [...values])).rows as never;
    const look: Statement = async (sql, values = []) => (await pool.query(sql, [...values])).rows as never;
    try {
      await make(holding);
      const ran = await inTurn(make, logger, () => runMigrations(orm, logger));
      // A turn for each try: whoever waits inside a statement, as versions before this one do, is let through.
      const build = () => buildIndexes(wantedIndexes, { make, look, logger });
      await patiently(() => inTurn(make, logger, build), logger);
      return ran;
    } finally {
      holder.release(true);
    }
  } finally {
    await orm.close(true);
  }
}

async function runMigrations(orm: Orm, logger: Logger): Promise<string[]> {
  const ran = (await orm.migrator.getPending()).map(({ name }) => name);
  await patiently(() => orm.migrator.up(), logger);
  for (const migration of ran) logger.info({ migration }, 'migrated');
  // Of today and the days to come; dropping old ones is the monitor's. Before indexes, which may take hours.
  const now = await new Database(orm.em).time();
  // A large default partition is looked through by the monitor: nothing is deployed meanwhile.
  const rules = { daysAhead: partitionDaysAhead, retentionDays: null, isProving: false };
  await patiently(() => maintainPartitions(orm.em, now, rules), logger);
  return ran;
}

/**
 * One process at a time, by a lock that belongs to a session and is gone with it, however the process ends. Who waits
 * asks again and again: inside one long statement it would have a snapshot, and an index that is made concurrently
 * waits for all of them.
 */
async function inTurn<T>(run: Statement, logger: Logger, work: () => Promise<T>): Promise<T> {
  for (let asked = 0; !(await isOurTurn(run)); asked += 1) {
    if (asked === 0) logger.info({}, 'another process migrates this database, waiting for it');
    await pause(askEveryMs);
  }
  try {
    return await work();
  } finally {
    // A connection that is lost has lost the lock.
    await run('select pg_advisory_unlock(hashtext($1))', [migrationLock]).catch(() => undefined);
  }
}

async function isOurTurn(run: Statement): Promise<boolean> {
  const [answer] = await run<{ got: boolean }>('select pg_try_advisory_lock(hashtext($1)) as got', [migrationLock]);
  return answer?.got === true;
}

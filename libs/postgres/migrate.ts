/**
 * Brings the database to the newest version, while it is in use. Safe when several processes do it at once: one works,
 * the others wait. What must hold: a change that does not get its lock soon lets those behind it through and is tried
 * again; each migration is done or not; indexes over what may be large are made beside whoever writes, and a run that
 * is cut off is gone on with.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../runtime/logger.ts';
import { buildIndexes, type Statement } from './concurrent-index.ts';
import { Database } from './database.ts';
import { createOrm } from './orm.ts';
import { maintainPartitions, partitionDaysAhead } from './partitions.ts';
import { wantedIndexes } from './wanted-indexes.ts';

/** Any constant that no other advisory lock of this database has. */
const lockKey = 'webhooks.migrate';
/** Whoever waits for an exclusive lock makes all others wait behind it. */
const lockMsMax = 2_000;
const pauseMs = [500, 1_000, 2_000, 5_000];
/** Somebody else has the table for good: a person has to see to it. */
const triesMax = 120;
/** A host that is gone without a word keeps the lock for a minute, not for the hours of the system's default. */
const noticeLoss = 'set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3';
/** SQLSTATE lock_not_available. */
const noLock = '55P03';

/** Returns the names of the migrations that were run now. @throws when the database is away or a migration fails */
export async function migrate(databaseUrl: string, logger: Logger): Promise<string[]> {
  // No statement of a migration is cut off: the server would go on with it.
  const orm = createOrm(databaseUrl, 4, 0);
  try {
    const pool = await orm.em.getConnection().getNativeClient();
    const holder = await pool.connect();
    // All connections but that one, which waits for its turn as long as it takes; before whatever comes on them.
    pool.on('connect', (client) => {
      client.query(`set lock_timeout = '${lockMsMax}ms'`).catch(() => undefined);
    });
    try {
      // A session's lock: it is gone with its connection, however this process ends.
      await holder.query(noticeLoss);
      await holder.query('select pg_advisory_lock(hashtext($1))', [lockKey]);
      const ran = (await orm.migrator.getPending()).map(({ name }) => name);
      await patiently(() => orm.migrator.up(), logger);
      for (const migration of ran) logger.info({ migration }, 'migrated');
      const make: Statement = async (sql, values = []) => (await holder.query(sql, [...values])).rows as never;
      const look: Statement = async (sql, values = []) => (await pool.query(sql, [...values])).rows as never;
      await patiently(() => buildIndexes(wantedIndexes, { make, look, logger }), logger);
      // Of today and the days to come; dropping old ones is the monitor's.
      const now = await new Database(orm.em).time();
      const rules = { daysAhead: partitionDaysAhead, retentionDays: null };
      await patiently(() => maintainPartitions(orm.em, now, rules), logger);
      return ran;
    } finally {
      holder.release(true);
    }
  } finally {
    await orm.close(true);
  }
}

/** Again and again while locks are not to be had. */
async function patiently<T>(work: () => Promise<T>, logger: Logger): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isWithoutLock(error) || tries >= triesMax) throw error;
      logger.warn({ tries }, 'a table is locked by somebody else, the migration is tried again');
      await pause(pauseMs[Math.min(tries, pauseMs.length) - 1]);
    }
  }
}

function isWithoutLock(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === noLock) || isWithoutLock(error.cause);
}

/** Brings the database to the newest version. Safe when several processes do it at once: one works, the others wait. */
import type { Logger } from '../runtime/logger.ts';
import { Database } from './database.ts';
import { createOrm } from './orm.ts';
import { maintainPartitions, partitionDaysAhead } from './partitions.ts';

/** Any constant that no other advisory lock of this database has. */
const lockKey = 'webhooks.migrate';

/** Returns the names of the migrations that were run now. @throws when the database is away or a migration fails */
export async function migrate(databaseUrl: string, logger: Logger): Promise<string[]> {
  const orm = createOrm(databaseUrl, 4);
  try {
    const pool = await orm.em.getConnection().getNativeClient();
    const holder = await pool.connect();
    try {
      // A session's lock: it is gone with its connection, however this process ends.
      await holder.query('select pg_advisory_lock(hashtext($1))', [lockKey]);
      const ran = (await orm.migrator.up()).map(({ name }) => name);
      // Of today and the days to come; dropping old ones is the monitor's.
      await maintainPartitions(orm.em, await new Database(orm.em).time(), {
        daysAhead: partitionDaysAhead,
        retentionDays: null,
      });
      for (const migration of ran) logger.info({ migration }, 'migrated');
      return ran;
    } finally {
      holder.release(true);
    }
  } finally {
    await orm.close(true);
  }
}

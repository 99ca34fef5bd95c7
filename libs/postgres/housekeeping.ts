/** Keeps the database in shape: partitions made ahead and dropped, and rows that nobody needs any more. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from './bulk.ts';
import { maintainPartitions, partitionDaysAhead, type PartitionReport } from './partitions.ts';

export interface HousekeepingReport extends PartitionReport {
  readonly expiredIdempotencyKeys: number;
  readonly expiredSecrets: number;
  readonly orphanedHealth: number;
}

/** Idempotent. Null when another process is at it. @throws the driver's error */
export async function keepHouse(
  em: EntityManager,
  now: Date,
  retentionDays: number,
): Promise<HousekeepingReport | null> {
  const rules = { daysAhead: partitionDaysAhead, retentionDays };
  const partitions = await maintainPartitions(em, now.getTime(), rules);
  if (partitions === null) return null;
  return {
    ...partitions,
    expiredIdempotencyKeys: await deleteRows(em, 'idempotency_key', 'expires_at < $1', [now]),
    expiredSecrets: await deleteRows(em, 'webhook_secret', 'expires_at < $1', [now]),
    orphanedHealth: await deleteRows(em, 'webhook_health', 'webhook_id not in (select id from webhook)', []),
  };
}

async function deleteRows(em: EntityManager, table: string, where: string, values: readonly Date[]): Promise<number> {
  const [gone] = await inTransaction(em, (run) =>
    run<{ count: string }>(
      `with gone as (delete from ${table} where ${where} returning 1) select count(*)::text as count from gone`,
      values,
    ),
  );
  return Number(gone?.count ?? 0);
}

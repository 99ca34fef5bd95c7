/** Keeps the database in shape: partitions made ahead and dropped, and rows that nobody needs any more. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from './bulk.ts';
import { compactStats } from './stats-compaction.ts';
import { maintainPartitions, partitionDaysAhead, type PartitionReport } from './partitions.ts';

export interface HousekeepingReport extends PartitionReport {
  /** Rows of five minutes that went into those of their hour. */
  readonly compactedStats: number;
  /** Rows, by what they were. */
  readonly deleted: Readonly<Record<RowKind, number>>;
}

export type RowKind =
  | 'idempotencyKeys'
  | 'publishedEvents'
  | 'stats'
  | 'hourlyStats'
  | 'secrets'
  | 'portalSessions'
  | 'replays'
  | 'health'
  | 'pings'
  | 'sentMails'
  | 'unsentMails';

const dayMs = 86_400_000;
/** Rows of one transaction: a table that grew for months is no reason for a long one. */
const batchMax = 10_000;
/** What was told is told; kept so long for whoever asks what became of it. */
const sentMailDays = 7;
/** A mail about something that long ago helps nobody. */
const unsentMailDays = 1;

/** Idempotent. Null when another process is at it. @throws the driver's error */
export async function keepHouse(
  em: EntityManager,
  now: Date,
  retentionDays: number,
): Promise<HousekeepingReport | null> {
  const rules = { daysAhead: partitionDaysAhead, retentionDays };
  const partitions = await maintainPartitions(em, now.getTime(), rules);
  if (partitions === null) return null;
  const daysAgo = (days: number) => new Date(now.getTime() - days * dayMs);
  const deletions: Readonly<Record<RowKind, readonly [table: string, where: string, before: Date | null]>> = {
    idempotencyKeys: ['idempotency_key', 'expires_at < $1', now],
    publishedEvents: ['published_event', 'expires_at < $1', now],
    stats: ['delivery_stats', 'bucket < $1', daysAgo(retentionDays)],
    hourlyStats: ['delivery_stats_hour', 'bucket < $1', daysAgo(retentionDays)],
    secrets: ['webhook_secret', 'expires_at < $1', now],
    portalSessions: ['ended_portal_session', 'expires_at < $1', now],
    // What a replay says it sent is in the history no longer.
    replays: ['replay', 'finished_at < $1', daysAgo(retentionDays)],
    health: ['webhook_health', 'webhook_id not in (select id from webhook)', null],
    pings: [
      'webhook_ping',
      "next_at < $1 and webhook_id not in (select id from webhook where disabled_by = 'failures')",
      now,
    ],
    sentMails: ['notice_mail', 'sent_at < $1', daysAgo(sentMailDays)],
    unsentMails: ['notice_mail', 'sent_at is null and created_at < $1', daysAgo(unsentMailDays)],
  };
  const compactedStats = await inTransaction(em, (run) => compactStats(run, now));
  const deleted: Partial<Record<RowKind, number>> = {};
  for (const [kind, [table, where, before]] of Object.entries(deletions)) {
    const rows = await deleteRows(em, table, where, before === null ? [] : [before]);
    if (rows === null) return null;
    deleted[kind as RowKind] = rows;
  }
  return { ...partitions, compactedStats, deleted: deleted as Record<RowKind, number> };
}

/** Null when another process is at it. */
async function deleteRows(
  em: EntityManager,
  table: string,
  where: string,
  values: readonly Date[],
): Promise<number | null> {
  for (let deleted = 0; ;) {
    const batch = await inTransaction(em, async (run) => {
      const [lock] = await run<{ got: boolean }>(
        "select pg_try_advisory_xact_lock(hashtext('webhooks.housekeeping')) as got",
      );
      if (lock?.got !== true) return null;
      const [gone] = await run<{ count: number }>(
        `with gone as (
          delete from ${table} where ctid in (select ctid from ${table} where ${where} limit ${batchMax}) returning 1
        ) select count(*)::int as count from gone`,
        values,
      );
      return gone?.count ?? 0;
    });
    if (batch === null) return null;
    deleted += batch;
    if (batch < batchMax) return deleted;
  }
}

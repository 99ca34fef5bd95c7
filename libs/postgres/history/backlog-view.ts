/**
 * What the history says of the system as a whole: what waits, since when, and for how many days it has partitions.
 * Reads what waits and nothing else, so it costs little in good times; in bad ones it is cut off.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction, type Run } from '../bulk.ts';
import { partitionedTables } from '../housekeeping/partition-days.ts';
import { partitionsOf } from '../housekeeping/partitions.ts';
import { dayMs } from '../../domain/day.ts';

export interface Backlog {
  /** No attempt was made yet. */
  readonly pending: number;
  /** The last attempt failed, and another one follows. */
  readonly retrying: number;
  /** Unix milliseconds at which the oldest of them was created, paused webhooks left out; null when nothing waits. */
  readonly oldestCreatedAt: number | null;
  /** Unix milliseconds at which the attempt that waits longest was due; it may lie ahead. Of no paused webhook. Null when nothing waits. */
  readonly earliestDueAt: number | null;
}

/** A million deliveries that wait are read in about a second. */
const readMsMax = 4_000;

export class BacklogView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Pings are none of the history. @throws when the database is away, or has too much to read */
  read(): Promise<Backlog> {
    return inTransaction(this.em, async (run) => {
      await run(`set local statement_timeout = ${readMsMax}`);
      const [row] = await run<Backlog>(
        `select count(*) filter (where status = 'pending')::float8 as pending,
          count(*) filter (where status = 'failed_retryable')::float8 as retrying,
          (extract(epoch from min(created_at) filter (where ${isNotPaused})) * 1000)::float8 as "oldestCreatedAt",
          (extract(epoch from min(case status when 'pending' then created_at else next_attempt_at end)
            filter (where ${isNotPaused})) * 1000)::float8 as "earliestDueAt"
        from delivery where status in ('pending', 'failed_retryable') and kind <> 'ping'`,
      );
      return row ?? { pending: 0, retrying: 0, oldestCreatedAt: null, earliestDueAt: null };
    });
  }

  /** Days after today for which every table has a partition; negative when today's is missing. */
  daysAhead(now: number): Promise<number> {
    return inTransaction(this.em, async (run) => {
      let last = Infinity;
      for (const table of partitionedTables) last = Math.min(last, await lastDay(run, table));
      return last - Math.floor(now / dayMs);
    });
  }
}

const isNotPaused = 'webhook_id not in (select id from webhook where paused_until > now())';

/** Days since 1970 of the newest day that has a partition. */
async function lastDay(run: Run, table: (typeof partitionedTables)[number]): Promise<number> {
  return Math.floor(((await partitionsOf(run, table)).at(-1)?.day ?? 0) / dayMs);
}

/**
 * Which rejected events are to be sent again, and when: their rows are the queue. In: what an operator asks for. Out: what is due.
 * Holds: what is taken is put off for a minute, so that nobody else takes it, and comes again when whoever took it says nothing:
 * it is sent once at least, whatever ends in between.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { appendAudit } from '../access/audit-store.ts';
import { inTransaction, runIn } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { replayLimits } from '../limits.ts';
import { readerOf } from '../read.ts';
import { isTurn } from '../turn.ts';
import { changing } from '../webhooks/held-change.ts';
import { anyOf, narrowed, type RejectedEventFilter } from './rejected-event-list.ts';

/** Of one request. */
export const redriveMax = 10_000;
const putOffS = 60;
const dueMax = 50;
const dueBytesMax = 8 * 1024 * 1024;

export interface RedriveRequest {
  /** These, also when they were sent again before. */
  readonly ids?: readonly string[] | undefined;
  /** Those that fit and were not sent again. */
  readonly filter?: RejectedEventFilter | undefined;
  readonly pacePerSecond: number;
  readonly isDryRun: boolean;
}

export interface RedriveCounts {
  /** That fit, of the oldest {@link redriveMax}. */
  readonly matched: number;
  /** Of those, not to be sent again: no events of a platform, or without a place that they came from. */
  readonly refused: number;
  readonly hasMore: boolean;
}

export interface DueRedrive {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  readonly sourceTopic: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
}

export interface RedriveResult {
  readonly id: string;
  /** Null: it was sent. */
  readonly problem: string | null;
}

export class RedriveStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** In the order in which they were rejected. */
  async request(request: RedriveRequest, actor: Actor, now: Date): Promise<RedriveCounts> {
    const { ids, filter = {}, pacePerSecond, isDryRun } = request;
    const conditions = new Conditions();
    if (ids !== undefined) conditions.and(`id = ${anyOf(conditions, ids)}`);
    const rest =
      ids === undefined ? narrowed(conditions, { ...filter, redrive: filter.redrive ?? ['none', 'failed'] }) : null;
    if (rest !== null) conditions.and(rest);
    conditions.and('redrive_at is null');
    const chosen = `
      select id, refusal, row_number() over (order by id) as place
      from (select id, refusal from rejected_event ${conditions.where} order by id limit ${redriveMax + 1}) found`;
    if (isDryRun)
      return counted(await readerOf(this.em)<Chosen>(`select id, refusal from (${chosen}) chosen`, conditions.values));
    return changing(this.em, async (em) => {
      const pace = conditions.value(pacePerSecond);
      const rows = await runIn(em)<Chosen>(
        `with chosen as materialized (${chosen}), put as (
          update rejected_event r set redrive_at = now() + make_interval(secs => (c.place - 1) / ${pace}::float8),
            redriven_at = null, redrive_problem = null
          from chosen c where r.id = c.id and c.refusal is null and c.place <= ${redriveMax}
        ) select id, refusal from chosen`,
        conditions.values,
      );
      const counts = counted(rows);
      const after = { ...(ids === undefined ? { filter } : { ids }), pacePerSecond, ...counts };
      const objectId = ids?.length === 1 ? (ids[0] ?? '') : 'several';
      const change = { action: 'rejected_event.redriven', objectKind: 'rejected_event', objectId } as const;
      await appendAudit(em, { ...change, clientId: null, before: null, after }, actor, now);
      return counts;
    });
  }

  /** How long until the next one is due, in milliseconds; null: there is none. */
  async dueInMs(): Promise<number | null> {
    const [row] = await readerOf(this.em)<{ dueInMs: number | null }>(
      `select (extract(epoch from min(redrive_at) - now()) * 1000)::float8 as "dueInMs" from rejected_event
      where redrive_at is not null`,
    );
    return row?.dueInMs ?? null;
  }

  /**
   * Runs `work` unless another process is at it: one batch at a time, or records of a key would pass each other. False: it did not.
   * The lock is that of a transaction that reads nothing; whoever works for long calls `keep` every minute.
   */
  async alone(work: (keep: () => Promise<void>) => Promise<void>): Promise<boolean> {
    return inTransaction(
      this.em,
      async (run) => {
        if (!(await isTurn(run, 'redrive'))) return false;
        await work(async () => {
          await run('select 1');
        });
        return true;
      },
      replayLimits,
    );
  }

  /** Those that are due, the first ones first, as many as fit into some memory. Committed at once, also within {@link alone}. */
  async takeDue(): Promise<DueRedrive[]> {
    return readerOf(this.em)<DueRedrive>(
      `with due as materialized (
        select id, value_bytes, redrive_at from rejected_event where redrive_at <= now()
        order by redrive_at, id limit ${dueMax} for update skip locked
      ), small as (
        select id, redrive_at from (
          select id, redrive_at, sum(value_bytes) over (order by redrive_at, id) - value_bytes as before from due) summed
        where before < ${dueBytesMax}
      ), taken as (
        update rejected_event r set redrive_at = now() + interval '${putOffS} s' from small where r.id = small.id
        returning r.id, small.redrive_at as due_at, r.partition, r."offset", r.source_topic, r.source_partition, r.source_offset
      )
      select id, partition, "offset"::float8 as "offset", source_topic as "sourceTopic",
        source_partition as "sourcePartition", source_offset::float8 as "sourceOffset" from taken order by due_at, id`,
    );
  }

  /** What Kafka may still take stays whose it is for another minute. */
  async putOff(ids: readonly string[]): Promise<void> {
    await readerOf(this.em)(
      `update rejected_event set redrive_at = now() + interval '${putOffS} s' where id = any($1) and redrive_at is not null`,
      [ids],
    );
  }

  async settle(results: readonly RedriveResult[]): Promise<void> {
    if (results.length === 0) return;
    await readerOf(this.em)(
      `update rejected_event r set redrive_at = null, redrive_problem = i.problem,
        redriven_at = case when i.problem is null then now() end
      from unnest($1::text[], $2::text[]) as i(id, problem) where r.id = i.id`,
      [results.map(({ id }) => id), results.map(({ problem }) => problem)],
    );
  }
}

interface Chosen {
  readonly id: string;
  readonly refusal: string | null;
}

function counted(rows: readonly Chosen[]): RedriveCounts {
  const looked = rows.slice(0, redriveMax);
  const refused = looked.filter(({ refusal }) => refusal !== null).length;
  return { matched: looked.length, refused, hasMore: rows.length > redriveMax };
}

/**
 * Replays: made and cancelled by people, counted and brought on by a runner. Holds: of all processes one brings replays on
 * at a time, by a lock of the transaction that also keeps how far it came; whatever ends that transaction, nothing is
 * passed over, and no more than the batch that was under way is made again. While a batch is under way, or in doubt, its
 * replay is claimed by the process that made it, and no other makes that batch beside it.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import { replayPositionText } from '../../domain/delivery/replay.ts';
import type { ReplayFilter, ReplayStatus } from '../../domain/delivery/replay.ts';
import { appendAudit } from '../access/audit-store.ts';
import { inTransaction, runIn, type Run } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { changing } from '../webhooks/held-change.ts';
import { replayLimits } from '../limits.ts';
import { firstOf, isBeforeAll, pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';
import { isFreeFor, ReplayClaims } from './replay-claims.ts';
import { ReplayCounts } from './replay-counts.ts';
import {
  isUnderstood,
  jobColumns,
  jobOf,
  pauseMsMax,
  type JobRow,
  type ReplayJob,
  type ReplayStep,
} from './replay-job.ts';

export interface Replay {
  readonly id: string;
  readonly clientId: string;
  /** Of lists without its `deliveryIds`. */
  readonly filter: ReplayFilter;
  /** How many ids of deliveries the filter has; null: none. */
  readonly selected: number | null;
  /** Null: each delivery goes where it went. */
  readonly targetWebhookId: string | null;
  readonly isDryRun: boolean;
  readonly status: ReplayStatus;
  readonly pacePerSecond: number;
  readonly total: number | null;
  readonly done: number;
  readonly skipped: number;
  readonly error: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export type NewReplay = Pick<Replay, 'id' | 'clientId' | 'filter' | 'targetWebhookId' | 'pacePerSecond' | 'createdBy'>;

/** Pending or running ones of one client. */
export const openReplaysMax = 10;

/** By then the dispatcher knows of a webhook that was enabled: sooner it would end what is sent to it. */
const inForceMs = 1_500;
const lockName = 'webhooks.replays';

export class ReplayStore {
  private readonly em: EntityManager;
  readonly claims: ReplayClaims;
  private readonly counts: ReplayCounts;

  constructor(em: EntityManager) {
    this.em = em;
    this.claims = new ReplayClaims(em);
    this.counts = new ReplayCounts(em);
  }

  /** Null when the client has too many open ones. */
  async create(replay: NewReplay, actor: Actor, now: Date): Promise<Replay | null> {
    return changing(this.em, async (em) => {
      const run = runIn(em);
      // So that two at once count each other.
      await run('select pg_advisory_xact_lock(hashtext($1))', [`${lockName}.${replay.clientId}`]);
      const [open] = await run<{ count: number }>(
        `select count(*)::int as count from replay where client_id = $1 and ${isOpen}`,
        [replay.clientId],
      );
      if ((open?.count ?? 0) >= openReplaysMax) return null;
      return insert(em, { ...replay, isDryRun: false, total: null }, actor, now);
    });
  }

  /**
   * Counts, and is finished; `total` is null when that would take too long.
   * @throws ReadTooLongError when a statement takes longer than the bounds allow
   */
  async createDryRun(replay: NewReplay, actor: Actor, now: Date): Promise<Replay> {
    const { clientId, filter } = replay;
    const total = await this.counts.of({ clientId, filter, before: now });
    return changing(this.em, (em) => insert(em, { ...replay, isDryRun: true, total }, actor, now));
  }

  /** Null when there is none, or none of the scope's client. */
  async find(id: string, scope: string | null): Promise<Replay | null> {
    const conditions = new Conditions().add('id = ?', id).add('client_id = ?', scope);
    const [found] = await readerOf(this.em)<Replay>(
      `select ${columns} from replay ${conditions.where}`,
      conditions.values,
    );
    return found ?? null;
  }

  /** Newest first. */
  async list(
    filter: {
      readonly scope: string | null;
      readonly clientId?: string | undefined;
      readonly webhookId?: string | undefined;
      readonly status?: ReplayStatus | undefined;
    },
    request: PageRequest<string>,
  ): Promise<Page<Replay, string>> {
    const conditions = new Conditions()
      .add('client_id = ?', filter.scope)
      .add('client_id = ?', filter.clientId)
      .add('webhook_id = ?', filter.webhookId)
      .add('status = ?', filter.status);
    const tail = seek(conditions, 'id', 'desc', request);
    const found = await readerOf(this.em)<Replay>(
      `select ${columnsWith("(filter::jsonb - 'deliveryIds')")} from replay ${conditions.where} ${tail}`,
      conditions.values,
    );
    const page = pageFrom(found, request, ({ id }) => id);
    return isBeforeAll(page, request) ? this.list(filter, firstOf(request)) : page;
  }

  /** What it is then; null when there is none in the scope. A replay that has ended stays as it is. */
  async cancel(id: string, scope: string | null, actor: Actor, now: Date): Promise<Replay | null> {
    const found = await this.find(id, scope);
    if (found === null) return null;
    return changing(this.em, async (em) => {
      const [cancelled] = await runIn(em)<Cancelled>(
        `update replay set status = 'cancelled', finished_at = $2 where id = $1 and ${isOpen}
        returning total, done, skipped, (extract(epoch from started_at) * 1000)::float8 as "startedAtMs"`,
        [id, now.toISOString()],
      );
      if (cancelled === undefined) return this.find(id, scope);
      const change = { action: 'replay.cancelled', objectKind: 'replay', objectId: id } as const;
      const { startedAtMs, ...counts } = cancelled;
      const after = { status: 'cancelled', done: counts.done };
      await appendAudit(em, { ...change, clientId: found.clientId, before: null, after }, actor, now);
      // Not read again: it may not be committed yet.
      const startedAt = startedAtMs === null ? null : new Date(startedAtMs);
      return { ...found, ...counts, status: 'cancelled', startedAt, finishedAt: now };
    });
  }

  /** {@link ReplayCounts.next} */
  countNext(now: Date, cancel: (pid: number) => Promise<void>): Promise<boolean> {
    return this.counts.next(now, cancel);
  }

  /** In how many milliseconds the next batch of any replay is due; null when none runs, or others are at all of them. */
  async dueInMs(now: Date): Promise<number | null> {
    const [row] = await readerOf(this.em)<{ dueAt: Date | null }>(
      `select min(next_batch_at) as "dueAt" from replay
      where status = 'running' and ${isFreeFor('$1')} and ${isUnderstood}`,
      [this.claims.owner],
    );
    if (row?.dueAt == null) return null;
    const dueInMs = row.dueAt.getTime() - now.getTime();
    return dueInMs > pauseMsMax ? 0 : Math.max(dueInMs, 0);
  }

  /**
   * Does one batch of the replay that is due longest, one that this process has in doubt before: `work` sends it and says
   * how far that came. False when none is due, or another process is at it. What `work` throws leaves the replay where it was.
   * @param isInDoubt whether what was thrown leaves the batch in doubt: then no other process makes it while this one lives
   */
  async advance(
    now: Date,
    work: (job: ReplayJob, run: Run) => Promise<ReplayStep>,
    isInDoubt: (job: ReplayJob) => boolean = () => false,
  ): Promise<boolean> {
    const claimed: ReplayJob[] = [];
    try {
      return await inTransaction(this.em, (run) => this.advanceIn(run, now, claimed, work), replayLimits);
    } catch (error) {
      // Should that fail too, the claim ends by itself.
      for (const job of claimed) if (!isInDoubt(job)) await this.claims.giveBack(job.id).catch(() => undefined);
      throw error;
    }
  }

  private async advanceIn(
    run: Run,
    now: Date,
    claimed: ReplayJob[],
    work: (job: ReplayJob, run: Run) => Promise<ReplayStep>,
  ): Promise<boolean> {
    const [lock] = await run<{ held: boolean }>('select pg_try_advisory_xact_lock(hashtext($1)) as held', [lockName]);
    if (lock?.held !== true) return false;
    const [row] = await run<JobRow>(selectDue, [now, new Date(now.getTime() + pauseMsMax), this.claims.owner]);
    if (row === undefined || !(await this.claims.take(row.id))) return false;
    const job = jobOf(row);
    claimed.push(job);
    const step = await work(job, run);
    await run(advanceSql, [
      row.id,
      step.isEnd ? 'finished' : 'running',
      replayPositionText(step.position),
      step.sent,
      step.skipped,
      step.isEnd ? new Date() : null,
      new Date(now.getTime() + step.pauseMs),
    ]);
    return true;
  }

  /** It cannot go on. */
  async fail(id: string, error: string, now: Date): Promise<void> {
    await readerOf(this.em)(
      `update replay set status = 'failed', error = $2, finished_at = $3 where id = $1 and ${isOpen}`,
      [id, error, now],
    );
  }
}

interface Cancelled extends Pick<Replay, 'total' | 'done' | 'skipped'> {
  readonly startedAtMs: number | null;
}

const isOpen = `status in ('pending', 'running')`;

const selectDue = `
select ${jobColumns} from replay
where status = 'running' and (next_batch_at <= $1 or next_batch_at > $2) and ${isFreeFor('$3')} and ${isUnderstood}
order by (batch_owner is not distinct from $3) desc, next_batch_at limit 1`;

/** A replay that was cancelled meanwhile stays so, and still counts what was sent. */
const advanceSql = `
update replay set
  status = case when ${isOpen} then $2 else status end,
  position = $3, done = done + $4, skipped = skipped + $5,
  finished_at = coalesce(finished_at, $6), next_batch_at = $7, batch_owner = null, batch_until = null
where id = $1`;

const columnsWith = (filter: string) => `id, client_id as "clientId", ${filter} as filter,
  json_array_length(filter -> 'deliveryIds') as selected, target_webhook_id as "targetWebhookId", is_dry_run as "isDryRun", status,
  pace_per_second as "pacePerSecond", total, done, skipped, error, created_by as "createdBy", created_at as "createdAt",
  started_at as "startedAt", finished_at as "finishedAt"`;
const columns = columnsWith('filter');

async function insert(
  em: EntityManager,
  replay: NewReplay & Pick<Replay, 'isDryRun' | 'total'>,
  actor: Actor,
  now: Date,
): Promise<Replay> {
  const { id, clientId, filter, targetWebhookId, isDryRun, total, pacePerSecond, createdBy } = replay;
  const ended = isDryRun ? now : null;
  const status = isDryRun ? 'finished' : 'pending';
  await runIn(em)(
    `insert into replay (id, client_id, webhook_id, filter, is_dry_run, status, pace_per_second, total, done, created_by,
      created_at, started_at, finished_at, target_webhook_id, next_batch_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $11, $12, greatest($10::timestamptz, (
      select max(enabled_at) + interval '${inForceMs} ms' from webhook where client_id = $2)))`,
    [
      id,
      clientId,
      filter.webhookId ?? null,
      JSON.stringify(filter),
      isDryRun,
      status,
      pacePerSecond,
      total,
      createdBy,
      now.toISOString(),
      ended?.toISOString() ?? null,
      targetWebhookId,
    ],
  );
  const change = { action: 'replay.created', objectKind: 'replay', objectId: id, clientId } as const;
  const { deliveryIds, ...named } = filter;
  const selected = deliveryIds?.length ?? null;
  // Of a thousand ids the log has the number.
  const after = {
    filter: named,
    ...(selected === null ? {} : { selected }),
    ...(targetWebhookId === null ? {} : { targetWebhookId }),
    isDryRun,
    pacePerSecond,
  };
  await appendAudit(em, { ...change, before: null, after }, actor, now);
  return {
    ...replay,
    selected,
    status,
    done: 0,
    skipped: 0,
    error: null,
    createdAt: now,
    startedAt: ended,
    finishedAt: ended,
  };
}

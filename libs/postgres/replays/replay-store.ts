/**
 * Replays: made and cancelled by people, counted and brought on by a runner. Holds: of all processes one brings replays on
 * at a time, by a lock of the transaction that also keeps how far it came; whatever ends that transaction, nothing is
 * passed over, and no more than the batch that was under way is made again. While a batch is under way, or in doubt, its
 * replay is claimed by the process that made it, and no other makes that batch beside it.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import type { ReplayStatus } from '../../domain/delivery/replay.ts';
import { appendAudit } from '../access/audit-store.ts';
import { inTransaction, runIn, type Run } from '../bulk.ts';
import { Conditions } from '../conditions.ts';
import { changing } from '../webhooks/held-change.ts';
import { replayLimits, transacted } from '../limits.ts';
import { firstOf, isBeforeAll, pageFrom, seek, type Page, type PageRequest } from '../page.ts';
import { readerOf } from '../read.ts';
import { isTurn } from '../turn.ts';
import { hasRoomForReplay, insertReplay, isOpen, type NewReplay, type Replay } from './new-replay.ts';
import { isFreeFor, ReplayClaims } from './replay-claims.ts';
import { ReplayCounts } from './replay-counts.ts';
import {
  isUnderstood,
  jobColumns,
  jobOf,
  pauseMsMax,
  positionText,
  type JobRow,
  type ReplayJob,
  type ReplayStep,
} from './replay-job.ts';
import { endRewind } from './rewind-turns.ts';

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
      if (!(await hasRoomForReplay(em, replay.clientId))) return null;
      return insertReplay(em, { ...replay, isDryRun: false, total: null }, actor, now);
    });
  }

  /**
   * Counts, and is finished; `total` is null when that would take too long.
   * @throws ReadTooLongError when a statement takes longer than the bounds allow
   */
  async createDryRun(replay: NewReplay, actor: Actor, now: Date): Promise<Replay> {
    const { clientId, filter } = replay;
    const total = await this.counts.of({ clientId, filter, before: now });
    return changing(this.em, (em) => insertReplay(em, { ...replay, isDryRun: true, total }, actor, now));
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
      const isRewind = found.kind === 'rewind';
      const [cancelled] = await runIn(em)<Cancelled>(isRewind ? cutShortSql : cancelSql, [id, now.toISOString()]);
      if (cancelled === undefined) return this.find(id, scope);
      const change = { action: 'replay.cancelled', objectKind: 'replay', objectId: id } as const;
      const { startedAtMs, ...counts } = cancelled;
      const after = { status: 'cancelled', done: counts.done };
      await appendAudit(em, { ...change, clientId: found.clientId, before: null, after }, actor, now);
      // Not read again: it may not be committed yet.
      const startedAt = startedAtMs === null ? null : new Date(startedAtMs);
      if (isRewind) return { ...found, ...counts, isCutShort: true, startedAt };
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
    if (!(await isTurn(run, 'replays'))) return false;
    const [row] = await run<JobRow>(selectDue, [now, new Date(now.getTime() + pauseMsMax), this.claims.owner]);
    if (row === undefined || !(await this.claims.take(row.id))) return false;
    const job = jobOf(row);
    claimed.push(job);
    const step = await work(job, run);
    await step.apply?.(run);
    const ended = step.failure === undefined ? 'finished' : 'failed';
    await run(advanceSql, [
      row.id,
      step.isEnd ? ended : 'running',
      positionText(step.position),
      step.sent,
      step.skipped,
      step.isEnd ? new Date() : null,
      new Date(now.getTime() + step.pauseMs),
      step.failure ?? null,
    ]);
    return true;
  }

  /** It cannot go on. Of a rewind what comes from now on is delivered at once again. */
  async fail(id: string, error: string, now: Date): Promise<void> {
    await transacted(this.em, async (em) => {
      await runIn(em)(`update replay set status = 'failed', error = $2, finished_at = $3 where id = $1 and ${isOpen}`, [
        id,
        error,
        now.toISOString(),
      ]);
      await endRewind(em, id, now);
    });
  }
}

interface Cancelled extends Pick<Replay, 'total' | 'done' | 'skipped'> {
  readonly startedAtMs: number | null;
}

const selectDue = `
select ${jobColumns} from replay
where status = 'running' and (next_batch_at <= $1 or next_batch_at > $2) and ${isFreeFor('$3')} and ${isUnderstood}
order by (batch_owner is not distinct from $3) desc, next_batch_at limit 1`;

const cancelledColumns = `total, done, skipped, (extract(epoch from started_at) * 1000)::float8 as "startedAtMs"`;
const cancelSql = `update replay set status = 'cancelled', finished_at = $2 where id = $1 and ${isOpen}
returning ${cancelledColumns}`;
/** A rewind that has more of the history before it: what came meanwhile is still to be delivered. */
const cutShortSql = `update replay set is_cut_short = true, position = 'held::0', next_batch_at = $2
where id = $1 and ${isOpen} and not is_cut_short and coalesce(position, 'begin') like any(array['begin%', 'past:%'])
returning ${cancelledColumns}`;

/**
 * A replay that was cancelled meanwhile stays so, and still counts what was sent. A rewind that was cut short goes on with what it holds.
 */
const advanceSql = `
update replay set
  status = case when not ${isOpen} then status when $2 = 'finished' and is_cut_short then 'cancelled' else $2 end,
  position = case when is_cut_short and $3 like any(array['begin:%', 'past:%']) then 'held::0' else $3 end,
  done = done + $4, skipped = skipped + $5, error = coalesce($8, error),
  finished_at = coalesce(finished_at, $6), next_batch_at = $7, batch_owner = null, batch_until = null
where id = $1`;

const kind = `(case when filter ->> 'rewindTo' is null then 'replay' else 'rewind' end)`;
const columnsWith = (filter: string) => `id, client_id as "clientId", ${filter} as filter,
  json_array_length(filter -> 'deliveryIds') as selected, target_webhook_id as "targetWebhookId", is_dry_run as "isDryRun", status,
  pace_per_second as "pacePerSecond", total, done, skipped, error, ${kind} as kind,
  case when ${kind} = 'rewind' and ${isOpen} then split_part(coalesce(position, 'begin'), ':', 1) end as phase,
  is_cut_short as "isCutShort", created_by as "createdBy", created_at as "createdAt",
  started_at as "startedAt", finished_at as "finishedAt"`;
const columns = columnsWith('filter');

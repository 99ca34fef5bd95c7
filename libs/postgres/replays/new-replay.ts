/** A replay on its way into the database: how it is shown, whether its client may have one more, and its row. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import type { RewindPhase } from '../../domain/delivery/rewind.ts';
import type { ReplayFilter, ReplayStatus } from '../../domain/delivery/replay.ts';
import { appendAudit } from '../access/audit-store.ts';
import { runIn } from '../bulk.ts';

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
  readonly kind: 'replay' | 'rewind';
  /** Of a rewind that has not ended; null otherwise. */
  readonly phase: RewindPhase | null;
  /** A rewind that was cancelled: it goes on with what came meanwhile. */
  readonly isCutShort: boolean;
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

export const isOpen = `status in ('pending', 'running')`;

/** In the transaction of `em`: two at once count each other. */
export async function hasRoomForReplay(em: EntityManager, clientId: string): Promise<boolean> {
  const run = runIn(em);
  await run('select pg_advisory_xact_lock(hashtext($1))', [`webhooks.replays.${clientId}`]);
  const [open] = await run<{ count: number }>(
    `select count(*)::int as count from replay where client_id = $1 and ${isOpen}`,
    [clientId],
  );
  return (open?.count ?? 0) < openReplaysMax;
}

/** In the transaction of `em`, with its entry in the audit log. */
export async function insertReplay(
  em: EntityManager,
  replay: NewReplay & Pick<Replay, 'isDryRun' | 'total'>,
  actor: Actor,
  now: Date,
): Promise<Replay> {
  const { id, clientId, filter, targetWebhookId, isDryRun, total, pacePerSecond, createdBy } = replay;
  const kind = filter.rewindTo === undefined ? 'replay' : 'rewind';
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
    kind,
    phase: kind === 'rewind' && !isDryRun ? 'begin' : null,
    isCutShort: false,
    createdAt: now,
    startedAt: ended,
    finishedAt: ended,
  };
}

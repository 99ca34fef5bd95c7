/**
 * Changes that the monitor makes: a webhook is disabled, enabled to recover, or has recovered. In: a webhook as it was
 * read. Out: its row and audit entry written, and what is to be announced. What must hold: a webhook that somebody
 * changed since it was read is left alone; rows are locked in the order of ids, and all before the outbox is.
 */
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../../domain/access/actor.ts';
import type { DisableDecision } from '../../domain/health/health.ts';
import type { WebhookHealth } from '../../domain/health/webhook-health.ts';
import { noticeOf, type NoticeType } from '../../domain/health/notice.ts';
import { runIn, timestampOrNull } from '../bulk.ts';
import { AuditEntryRow } from '../entities/audit-entry.ts';
import { WebhookRow } from '../entities/webhook.ts';
import type { Announcement } from '../outbox/notice-writer.ts';
import { insertReplay, type NewReplay } from '../replays/new-replay.ts';
import { rewindColumns, rewindOf, rewindToOf } from '../replays/new-rewind.ts';
import { notRewound, readDefinition } from './webhook-definition.ts';

export type Transition =
  | { readonly kind: 'disable'; readonly decision: DisableDecision; readonly health: WebhookHealth }
  /** Enabled to recover until then. */
  | { readonly kind: 'heal'; readonly until: Date; readonly goodPings: number }
  | { readonly kind: 'recovered' }
  /** Its endpoint wants deliveries, so many in a minute. */
  | { readonly kind: 'verified'; readonly allowedPerMinute: number | null };

export interface WebhookInTransition {
  readonly id: string;
  /** As it was read. */
  readonly version: number;
}

const monitor: Actor = { kind: 'system', id: 'monitor', name: null, address: null, requestId: null };

interface Change {
  readonly values: Partial<WebhookRow>;
  readonly action: string;
  readonly notice: NoticeType;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Null when somebody changed or deleted it since it was read. */
export async function transitionWebhook(
  em: EntityManager,
  { id, version }: WebhookInTransition,
  turn: Transition,
  now: Date,
): Promise<Announcement | null> {
  const row = await em.findOne(WebhookRow, { id, version }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (row === null) return null;
  const start = turn.kind === 'verified' ? startOf(row, now) : null;
  const { values, action, notice, data } = changeOf(row, turn, start, now);
  const names = Object.keys(values) as (keyof WebhookRow)[];
  const before = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
  em.assign(row, { ...values, updatedAt: now, version: row.version + 1 });
  await em.flush();
  // Of a client that is suspended it is held at the next look, in seconds. Whoever is at that just now is not waited for.
  if (values.isActive === true)
    await runIn(em)(
      `update client_suspension set due_at = least(due_at, clock_timestamp()) where client_id in (
        select client_id from client_suspension where client_id = $1 for update skip locked)`,
      [row.clientId],
    );
  // How long it waits for its next ping is of this time that it is disabled, not of the last.
  if (turn.kind === 'disable' || turn.kind === 'verified')
    await runIn(em)('delete from webhook_ping where webhook_id = $1', [id]);
  await em.insert(AuditEntryRow, {
    at: now,
    actorKind: monitor.kind,
    actorId: monitor.id,
    clientId: row.clientId,
    action,
    objectKind: 'webhook',
    objectId: row.id,
    before,
    after: values,
  });
  if (start !== null) await insertReplay(em, { ...start, isDryRun: false, total: null }, monitor, now);
  return {
    definition: await readDefinition(em, row, now),
    notice: noticeOf(notice, row, now.getTime(), data),
  };
}

/** The rewind by which a webhook that was to start in the past does so, now that it may; null: it was not. */
function startOf({ id, clientId, disabledBy, rewindId, rewindTo }: WebhookRow, now: Date): NewReplay | null {
  if (disabledBy !== 'unverified' || rewindTo == null || rewindId != null) return null;
  return rewindOf({ webhook: { id, clientId }, from: rewindTo.getTime(), now, createdBy: monitor.id });
}

function changeOf(row: WebhookRow, turn: Transition, start: NewReplay | null, now: Date): Change {
  switch (turn.kind) {
    case 'disable':
      return disabling(row, turn.decision, turn.health, now);
    case 'heal':
      return {
        values: {
          isActive: true,
          disabledBy: null,
          disabledReason: null,
          // Kept as the begin of what was missed, until it has recovered.
          enabledAt: now,
          recoveringSince: now,
          recoveringUntil: turn.until,
        },
        action: 'webhook.enabled',
        notice: 'webhook.updated',
        data: {
          isActive: true,
          state: 'recovering',
          goodPings: turn.goodPings,
          recoveringUntil: turn.until.toISOString(),
          missed: missedOf(row, now),
        },
      };
    case 'verified':
      return verifying(row, turn.allowedPerMinute, start, now);
    case 'recovered':
      return {
        values: { recoveringSince: null, recoveringUntil: null, disabledAt: null, missedSince: null },
        action: 'webhook.recovered',
        notice: 'webhook.recovered',
        data: { from: 'recovering', missed: missedOf(row, row.enabledAt ?? now) },
      };
  }
}

/** What came meanwhile is told with the replay that brings it, or comes with its start in the past. One that its owner disabled stays so. */
function verifying(row: WebhookRow, allowedPerMinute: number | null, start: NewReplay | null, now: Date): Change {
  const proven = { verificationPending: false, verifiedAt: now, allowedPerMinute };
  const isWaiting = row.disabledBy === 'unverified';
  const enabled = { isActive: true, disabledBy: null, disabledReason: null, disabledAt: null, enabledAt: now };
  return {
    values: isWaiting ? { ...proven, ...enabled, ...(start === null ? {} : rewindColumns(start)) } : proven,
    action: 'webhook.verified',
    notice: 'webhook.updated',
    data: {
      isActive: isWaiting,
      verifiedAt: now.toISOString(),
      allowedPerMinute,
      ...(start !== null ? { rewind: { replayId: start.id, to: rewindToOf(start).toISOString() } } : {}),
      ...(isWaiting && start === null ? { missed: missedOf(row, now) } : {}),
    },
  };
}

function disabling(
  row: WebhookRow,
  { by, reason, deliveryId }: DisableDecision,
  health: WebhookHealth,
  now: Date,
): Change {
  return {
    values: {
      isActive: false,
      disabledBy: by,
      disabledReason: reason,
      disabledAt: now,
      missedSince: missedSinceOf(row),
      recoveringSince: null,
      recoveringUntil: null,
      pausedSince: null,
      pausedUntil: null,
      earlierPauses: null,
      holdsUntil: null,
      ...notRewound,
    },
    action: 'webhook.disabled',
    notice: 'webhook.disabled',
    data: {
      disabledBy: by,
      disabledReason: reason,
      consecutiveFailures: health.consecutiveFailures,
      failingSince: timestampOrNull(health.failingSince),
      lastSuccessAt: timestampOrNull(health.lastSuccessAt),
      deliveryId,
    },
  };
}

/** A relapse goes on with what was missed: its client was not told yet that the webhook is well. */
export function missedSinceOf({ recoveringSince, missedSince, enabledAt, createdAt }: WebhookRow): Date {
  const isRelapse = recoveringSince != null && missedSince != null;
  return isRelapse ? missedSince : (enabledAt ?? createdAt);
}

/**
 * What did not arrive meanwhile, as POST /v1/replays takes it. Not bounded by the two moments: what waited when it was
 * disabled has older events, and what ended before everybody knew that it is enabled ended later.
 */
function missedOf(row: WebhookRow, to: Date) {
  const from = row.disabledAt?.toISOString() ?? null;
  if (from === null) return null;
  const missedSince = (row.missedSince ?? row.disabledAt ?? to).toISOString();
  const filter = { webhookId: row.id, missedWhileDisabled: true, missedSince };
  return { from, to: to.toISOString(), replay: { filter } };
}

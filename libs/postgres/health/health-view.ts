/** How a webhook is doing: what the monitor wrote, and what waits for it. */
import type { PauseInterval } from '../../domain/webhook/pause.ts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { lateAfterMs } from '../../domain/health/falling-behind.ts';
import type { WebhookHealth } from '../../domain/health/webhook-health.ts';
import type { DisabledBy, Ordering } from '../../domain/webhook/webhook.ts';
import { Conditions } from '../conditions.ts';
import { readHealth } from './health-rows.ts';
import { readerOf } from '../read.ts';
import { triesMax } from './verification-store.ts';

export interface ShownHealth {
  /** By the database's clock. */
  readonly readAt: Date;
  readonly webhookId: string;
  readonly isActive: boolean;
  readonly disabledBy: DisabledBy | null;
  readonly disabledReason: string | null;
  readonly autoHeal: boolean;
  readonly autoHealGone: boolean;
  readonly recoveringSince: Date | null;
  readonly recoveringUntil: Date | null;
  readonly pausedSince: Date | null;
  readonly pausedUntil: Date | null;
  readonly earlierPauses: readonly PauseInterval[];
  /** When the monitor pings it next; null when it does not. */
  readonly nextPingAt: Date | null;
  readonly isVerificationPending: boolean;
  /** How the endpoint was asked whether it wants deliveries, and when it is next. */
  readonly verification: {
    readonly tries: number;
    readonly askedAt: Date | null;
    readonly problem: string | null;
    /** Null: not by itself. */
    readonly nextAt: Date | null;
  };
  readonly health: WebhookHealth;
  readonly waiting: Waiting;
  /** With `strict`: the head that the others wait for, and since when. */
  readonly blockedBy: { readonly deliveryId: string; readonly since: Date } | null;
}

export interface Waiting {
  readonly count: number;
  readonly oldestAt: Date | null;
  /** One of those that were never tried waits for longer than {@link lateAfterMs}. */
  readonly hasLateUntried: boolean;
}

interface Row extends Omit<ShownHealth, 'health' | 'waiting' | 'blockedBy' | 'verification'> {
  readonly ordering: Ordering;
  readonly tries: number | null;
  readonly askedAt: Date | null;
  readonly problem: string | null;
  readonly nextAt: Date | null;
}

/** What is shown of the health of one among many. */
export interface HealthBeside {
  /** By the database's clock. */
  readonly readAt: Date;
  readonly isActive: boolean;
  readonly disabledBy: DisabledBy | null;
  readonly recoveringSince: Date | null;
  readonly recoveringUntil: Date | null;
  readonly pausedSince: Date | null;
  readonly pausedUntil: Date | null;
  readonly earlierPauses: readonly PauseInterval[];
  readonly health: WebhookHealth;
  readonly waiting: Pick<Waiting, 'count' | 'oldestAt'>;
  readonly blockedBy: ShownHealth['blockedBy'];
}

interface BesideRow {
  readonly webhookId: string;
  readonly readAt: Date;
  readonly recoveringSince: Date | null;
  readonly recoveringUntil: Date | null;
  readonly pausedSince: Date | null;
  readonly pausedUntil: Date | null;
  readonly earlierPauses: readonly PauseInterval[];
  readonly count: number;
  readonly oldestAt: Date | null;
  readonly blockingId: string | null;
  readonly blockedSince: Date | null;
}

/** More are not counted, nor looked at from either end. */
export const waitingCountMax = 10_000;
/** The same of each, where many are shown (libs/api-contract/webhook-health.ts). */
const besideWaitingMax = 1_000;

export class HealthView {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Null when there is no such webhook, or none of the scope's client. */
  async find(webhookId: string, scope: string | null): Promise<ShownHealth | null> {
    const read = readerOf(this.em);
    const conditions = new Conditions().add('w.id = ?', webhookId).add('w.client_id = ?', scope);
    const [row] = await read<Row>(`${selectWebhook} ${conditions.where}`, conditions.values);
    const [known] = row === undefined ? [] : await readHealth(read, [webhookId]);
    if (row === undefined || known === undefined) return null;
    const { ordering, tries, askedAt, problem, nextAt, ...webhook } = row;
    const verification = { tries: tries ?? 0, askedAt, problem, nextAt };
    return { ...webhook, verification, health: known.health, ...(await this.waiting(webhookId, ordering)) };
  }

  /** Of many, by id, in two statements however many they are; those that are no more are left out. */
  async ofMany(webhookIds: readonly string[]): Promise<ReadonlyMap<string, HealthBeside>> {
    if (webhookIds.length === 0) return new Map();
    const read = readerOf(this.em);
    const known = new Map((await readHealth(read, webhookIds)).map((one) => [one.id, one]));
    const { sql, values } = besideScan(webhookIds);
    const rows = await read<BesideRow>(sql, values);
    return new Map(
      rows.flatMap(({ webhookId, count, oldestAt, blockingId, blockedSince, ...times }) => {
        const webhook = known.get(webhookId);
        if (webhook === undefined) return [];
        const { isActive, disabledBy, health } = webhook;
        const blockedBy =
          blockingId === null || blockedSince === null ? null : { deliveryId: blockingId, since: blockedSince };
        return [
          [webhookId, { ...times, isActive, disabledBy, health, waiting: { count, oldestAt }, blockedBy }] as const,
        ];
      }),
    );
  }

  private async waiting(webhookId: string, ordering: Ordering): Promise<Pick<ShownHealth, 'waiting' | 'blockedBy'>> {
    const read = readerOf(this.em);
    const look = async (from: 'oldest' | 'newest'): Promise<Waiting> => {
      const { sql, values } = waitingScan(webhookId, from);
      const [found] = await read<Waiting>(sql, values);
      return found ?? { count: 0, oldestAt: null, hasLateUntried: false };
    };
    const oldest = await look('oldest');
    // Thousands of retries may be older than whatever was never tried.
    const isAll = oldest.hasLateUntried || oldest.count < waitingCountMax;
    const hasLateUntried = isAll ? oldest.hasLateUntried : (await look('newest')).hasLateUntried;
    // Of a strict webhook only the head has been tried: whatever waits behind it has not. Ids follow the times of
    // events, which producers choose, so the head need not be the first by id.
    const [head] = ordering === 'strict' ? await read<{ deliveryId: string; since: Date }>(headSql, [webhookId]) : [];
    return {
      waiting: { ...oldest, hasLateUntried },
      blockedBy: head ?? null,
    };
  }
}

/**
 * The statement that counts what waits. Ids follow the times of events, which producers choose: of the thousands that it
 * looks at it takes the times, of which the first by id need not have the earliest.
 */
export function waitingScan(webhookId: string, from: 'oldest' | 'newest') {
  const sql = `
select count(*)::int as count, min(created_at) as "oldestAt",
  coalesce(bool_or(status = 'pending' and created_at < now() - interval '${lateAfterMs} milliseconds'), false)
    as "hasLateUntried"
from (
  select status, created_at from delivery
  where webhook_id = $1 and kind <> 'ping' and status in ('pending', 'failed_retryable')
  order by id ${from === 'oldest' ? 'asc' : 'desc'} limit ${waitingCountMax}
) few`;
  return { sql, values: [webhookId] };
}

/**
 * The statement that looks at what waits for each of many: at a bounded number for each. Behind a head that blocks a million
 * others none of those is looked at: a head is among the first, or it is not shown.
 */
export function besideScan(webhookIds: readonly string[]) {
  const sql = `
select w.id as "webhookId", now() as "readAt", w.recovering_since as "recoveringSince",
  w.recovering_until as "recoveringUntil", w.paused_since as "pausedSince", w.paused_until as "pausedUntil",
  coalesce(w.earlier_pauses, '[]') as "earlierPauses", waiting.count,
  waiting.oldest_at as "oldestAt", head.id as "blockingId", head.since as "blockedSince"
from webhook w
cross join lateral (
  select count(*)::int as count, min(created_at) as oldest_at from (
    select created_at from delivery
    where webhook_id = w.id and kind <> 'ping' and status in ('pending', 'failed_retryable')
    order by id limit ${besideWaitingMax}
  ) few
) waiting
left join lateral (
  select coalesce(d.message_id, d.id) as id, coalesce(first.at, d.last_attempt_at, d.created_at) as since
  from (
    select * from (
      select id, message_id, day_time, status, last_round, last_attempt_at, created_at from delivery
      where webhook_id = w.id and kind <> 'ping' and status in ('pending', 'failed_retryable') and w.ordering = 'strict'
      order by id limit ${besideWaitingMax}
    ) few where status = 'failed_retryable'
  ) d left join lateral (
    select min(started_at) as at from delivery_attempt a
    where a.delivery_id = d.id and a.day_time = d.day_time and a.round = d.last_round
  ) first on true
  order by since limit 1
) head on true
where w.id = any($1)`;
  return { sql, values: [webhookIds] };
}

const selectWebhook = `
select now() as "readAt", w.id as "webhookId", w.is_active as "isActive", w.disabled_by as "disabledBy",
  w.disabled_reason as "disabledReason", w.auto_heal as "autoHeal",
  w.auto_heal_gone as "autoHealGone", w.recovering_since as "recoveringSince",
  w.recovering_until as "recoveringUntil", w.paused_since as "pausedSince", w.paused_until as "pausedUntil",
  coalesce(w.earlier_pauses, '[]') as "earlierPauses", w.ordering,
  w.verification_pending as "isVerificationPending", p.verification_tries as tries, p.verification_asked_at as "askedAt",
  p.verification_problem as problem,
  case when w.disabled_by = 'unverified' and coalesce(p.verification_tries, 0) < ${triesMax}
    then coalesce(p.next_at, now()) end as "nextAt",
  case when (w.disabled_by = 'failures' or (w.disabled_by = 'gone' and w.auto_heal_gone)) and w.auto_heal
    then p.next_at end as "nextPingAt"
from webhook w left join webhook_ping p on p.webhook_id = w.id`;

/** Since its first attempt of this round, or its last one where the history has only that. */
const headSql = `
select coalesce(d.message_id, d.id) as "deliveryId", coalesce(first.at, d.last_attempt_at, d.created_at) as since
from delivery d left join lateral (
  select min(started_at) as at from delivery_attempt a
  where a.delivery_id = d.id and a.day_time = d.day_time and a.round = d.last_round
) first on true
where d.webhook_id = $1 and d.kind <> 'ping' and d.status = 'failed_retryable'
order by since limit 1`;

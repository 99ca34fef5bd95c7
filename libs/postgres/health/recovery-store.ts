/**
 * What the monitor does by the clock: pings to make, recoveries to end, secrets whose end is to be told. In: the time
 * now. Out: what to ping, or what was written. What must hold: with several monitors each ping is made by one of them,
 * and each recovery and each secret is told of once.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { TargetWebhook } from '../../domain/delivery/direct-delivery.ts';
import { noticeOf } from '../../domain/health/notice.ts';
import { pingIntervalMs } from '../../domain/health/recovery.ts';
import { inTransaction, recordset, runIn } from '../bulk.ts';
import { WebhookRow } from '../entities/webhook.ts';
import { transacted } from '../limits.ts';
import { announce, type Announcement } from '../outbox/notice-writer.ts';
import { isTurn } from '../turn.ts';
import { transitionWebhook } from '../webhooks/webhook-transition.ts';

export interface PingRules {
  /** Between pings, before they become rarer, in milliseconds. */
  readonly intervalMs: number;
  /** A webhook that was disabled longer ago is left alone, in milliseconds. */
  readonly giveUpMs: number;
}

/** So that a system with many broken webhooks pings them in many small steps. */
export const batchMax = 200;

export class RecoveryStore {
  private readonly em: EntityManager;

  constructor(em: EntityManager) {
    this.em = em;
  }

  /** Webhooks to ping now. Their next ping is set before this one is made: one that gets lost is made again then. */
  async takeDuePings({ intervalMs, giveUpMs }: PingRules, now: Date): Promise<TargetWebhook[]> {
    return inTransaction(this.em, async (run) => {
      if (!(await isTurn(run, 'pings'))) return [];
      const due = await run<TargetWebhook & { failedPings: number }>(selectDuePings, [
        now,
        new Date(now.getTime() - intervalMs),
        new Date(now.getTime() - giveUpMs),
      ]);
      const next = due.map(({ id, failedPings }) => ({
        webhook_id: id,
        // Its own outcome is not known yet: taken for a failure it would make the second ping late.
        next_at: new Date(now.getTime() + pingIntervalMs(intervalMs, failedPings)).toISOString(),
      }));
      await run(upsertPings, [recordset(next)]);
      return due.map(({ id, clientId, format }) => ({ id, clientId, format }));
    });
  }

  /**
   * Active webhooks to which nothing was sent for `silentMs`, a ping included; at most {@link batchMax}. Each is taken
   * once in that time, whether its ping has an outcome or not.
   */
  async takeSilent(silentMs: number, now: Date): Promise<TargetWebhook[]> {
    return inTransaction(this.em, async (run) => {
      if (!(await isTurn(run, 'pings'))) return [];
      const silent = await run<TargetWebhook>(selectSilent, [now, new Date(now.getTime() - silentMs)]);
      const nextAt = new Date(now.getTime() + silentMs).toISOString();
      await run(upsertPings, [recordset(silent.map(({ id }) => ({ webhook_id: id, next_at: nextAt })))]);
      return silent;
    });
  }

  /** Ends recoveries whose time is over and that do not fail just now. Returns the webhooks. */
  async endRecoveries(areMailed: boolean, now: Date): Promise<string[]> {
    return transacted(this.em, async (em) => {
      const over = await runIn(em)<{ id: string; version: number }>(selectRecovered, [now.toISOString()]);
      const announcements: Announcement[] = [];
      for (const webhook of over) {
        const turned = await transitionWebhook(em, webhook, { kind: 'recovered' }, now);
        if (turned !== null) announcements.push(turned);
      }
      await announce(em, announcements, areMailed, now);
      return announcements.map(({ notice }) => notice.subject);
    });
  }

  /** Tells of secrets in the last quarter of the time for which they sign beside a newer one. Returns how many. */
  async tellExpiringSecrets(areMailed: boolean, now: Date): Promise<number> {
    return transacted(this.em, async (em) => {
      const run = runIn(em);
      const secrets = await run<{ id: string; webhookId: string; expiresAt: string }>(takeExpiring, [
        now.toISOString(),
      ]);
      const announcements: Announcement[] = [];
      for (const { id, webhookId, expiresAt } of secrets) {
        const webhook = await em.findOneOrFail(WebhookRow, { id: webhookId });
        const data = { secretId: id, expiresAt };
        announcements.push({
          definition: null,
          notice: noticeOf('webhook.secret.expiring', webhook, now.getTime(), data),
        });
      }
      await announce(em, announcements, areMailed, now);
      return announcements.length;
    });
  }
}

const selectDuePings = `
select w.id, w.client_id as "clientId", w.format,
  case when h.target_version <> w.target_version then 0 else coalesce(h.failed_pings, 0) end as "failedPings"
from webhook w
left join webhook_health h on h.webhook_id = w.id
left join webhook_ping p on p.webhook_id = w.id
where (w.disabled_by = 'failures' or (w.disabled_by = 'gone' and w.auto_heal_gone)) and w.auto_heal
  and w.disabled_at <= $2 and w.disabled_at > $3
  and (p.next_at is null or p.next_at <= $1)
order by w.id limit ${batchMax}`;

/** One that recovers, or was paused of late, gets what waits for it; `auto_heal` switched off keeps every ping of ours away. */
const selectSilent = `
select w.id, w.client_id as "clientId", w.format
from webhook w
left join webhook_health h on h.webhook_id = w.id
left join webhook_ping p on p.webhook_id = w.id
where w.is_active and w.auto_heal and w.recovering_until is null and (w.paused_until is null or w.paused_until <= $2)
  and greatest(w.created_at, w.enabled_at, h.last_success_at, h.last_failure_at, h.last_ping_at) <= $2
  and (p.next_at is null or p.next_at <= $1)
order by w.id limit ${batchMax}`;

const upsertPings = `
insert into webhook_ping (webhook_id, next_at)
select * from json_to_recordset($1::json) as i(webhook_id text, next_at timestamptz)
on conflict (webhook_id) do update set next_at = excluded.next_at`;

const selectRecovered = `
select w.id, w.version
from webhook w
left join webhook_health h on h.webhook_id = w.id
where w.recovering_until <= $1 and w.is_active and (w.paused_until is null or w.paused_until <= $1)
  -- Failures from before it was enabled, or of another URL, are still in the row until there is an outcome.
  and (coalesce(h.consecutive_failures, 0) = 0 or h.counted_from is distinct from w.enabled_at
    or h.target_version <> w.target_version)
order by w.id limit ${batchMax}
for update of w skip locked`;

const takeExpiring = `
update webhook_secret s set expiry_told_at = $1
from (
  select s.id from webhook_secret s join webhook w on w.id = s.webhook_id
  where s.expires_at > $1 and s.expiry_told_at is null
    and s.expires_at - (s.expires_at - (select max(created_at) from webhook_secret n where n.webhook_id = s.webhook_id)) / 4
      <= $1
  order by s.webhook_id, s.id limit ${batchMax}
  -- With the webhook, or not at all: one that somebody changes now is told of next time.
  for update of s skip locked for share of w skip locked
) due
where s.id = due.id
returning s.id, s.webhook_id as "webhookId",
  to_char(s.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "expiresAt"`;

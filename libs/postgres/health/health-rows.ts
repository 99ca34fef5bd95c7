/** Rows of webhook_health as the domain has them, with what is to know of their webhooks: one statement each way. */
import type { DisableOverride } from '../../domain/health/disable-rules.ts';
import type { RateWindow } from '../../domain/health/failure-rate.ts';
import type { HealthWindows } from '../../domain/health/health-window.ts';
import { afterEnabling, goneAnswersMax, ofPresentTarget, unknownHealth } from '../../domain/health/health.ts';
import type { PauseInterval } from '../../domain/webhook/pause.ts';
import type { GoneAnswer, WatchedWebhook, WebhookHealth } from '../../domain/health/webhook-health.ts';
import type { DisabledBy } from '../../domain/webhook/webhook.ts';
import { recordset, timestamp, timestampOrNull, type Run } from '../bulk.ts';

export interface KnownWebhook extends WatchedWebhook {
  readonly id: string;
  readonly clientId: string;
  readonly url: string;
  readonly version: number;
  readonly override: DisableOverride;
  readonly health: WebhookHealth;
}

interface Row {
  readonly id: string;
  readonly clientId: string;
  readonly url: string;
  readonly version: number;
  readonly isActive: boolean;
  readonly disabledBy: DisabledBy | null;
  readonly disabledAt: number | null;
  readonly enabledAt: number | null;
  readonly recoveringUntil: number | null;
  readonly pausedSince: number | null;
  readonly pausedUntil: number | null;
  readonly earlierPauses: readonly PauseInterval[];
  readonly autoHeal: boolean;
  readonly autoHealGone: boolean;
  readonly targetVersion: number;
  readonly isVerificationPending: boolean;
  readonly override: DisableOverride;
  /** Null: there is no row of health yet. */
  readonly state: 'healthy' | 'failing' | null;
  readonly consecutiveFailures: number;
  readonly failingSince: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  readonly countedFrom: number | null;
  readonly lastPingAt: number | null;
  readonly lastPingDelivered: boolean | null;
  readonly goodPings: number;
  readonly failedPings: number;
  readonly isFailureTold: boolean;
  readonly healthTargetVersion: number | null;
  readonly goneAt: number | null;
  readonly goneDeliveryId: string | null;
  readonly goneAnswers: number | null;
  readonly lastFailureCode: number | null;
  readonly lateSince: number | null;
  readonly lastLateAt: number | null;
  readonly rate: RateWindow | null;
  readonly windows: HealthWindows;
}

/** Webhooks that there are, with their health, in the order of ids. What is deleted has no health. */
export async function readHealth(run: Run, webhookIds: readonly string[]): Promise<KnownWebhook[]> {
  const rows = await run<Row>(selectHealth, [JSON.stringify(webhookIds)]);
  return rows.map((row) => ({ ...row, health: healthOf(row) }));
}

/** Heeds that the webhook was enabled, or got another URL, since the row was written. */
function healthOf(row: Row): WebhookHealth {
  const { enabledAt, recoveringUntil } = row;
  const health = row.state === null ? unknownHealth : ofPresentTarget(storedHealth(row, row.state), row);
  if (enabledAt === null || enabledAt === health.countedFrom) return health;
  return afterEnabling(health, enabledAt, recoveringUntil !== null);
}

function storedHealth(row: Row, state: 'healthy' | 'failing'): WebhookHealth {
  return {
    state,
    consecutiveFailures: row.consecutiveFailures,
    failingSince: row.failingSince,
    lastSuccessAt: row.lastSuccessAt,
    lastFailureAt: row.lastFailureAt,
    countedFrom: row.countedFrom,
    lastPingAt: row.lastPingAt,
    lastPingDelivered: row.lastPingDelivered,
    goodPings: row.goodPings,
    failedPings: row.failedPings,
    isFailureTold: row.isFailureTold,
    gone: goneOf(row),
    lastFailureCode: row.lastFailureCode,
    late: row.lateSince === null ? null : { since: row.lateSince, lastAt: row.lastLateAt ?? row.lateSince },
    targetVersion: row.healthTargetVersion,
    rate: row.rate ?? [],
    windows: row.windows,
  };
}

function goneOf({ goneAt, goneDeliveryId, goneAnswers }: Row): GoneAnswer | null {
  if (goneAt === null) return null;
  return { at: goneAt, deliveryId: goneDeliveryId ?? '', answers: goneAnswers ?? goneAnswersMax };
}

export async function writeHealth(
  run: Run,
  healths: readonly { readonly webhookId: string; readonly health: WebhookHealth }[],
  now: Date,
): Promise<void> {
  if (healths.length === 0) return;
  const rows = healths.map(({ webhookId, health }) => ({
    webhook_id: webhookId,
    state: health.state,
    consecutive_failures: health.consecutiveFailures,
    failing_since: timestampOrNull(health.failingSince),
    last_success_at: timestampOrNull(health.lastSuccessAt),
    last_failure_at: timestampOrNull(health.lastFailureAt),
    counted_from: timestampOrNull(health.countedFrom),
    last_ping_at: timestampOrNull(health.lastPingAt),
    last_ping_delivered: health.lastPingDelivered,
    good_pings: health.goodPings,
    failed_pings: health.failedPings,
    is_failure_told: health.isFailureTold,
    target_version: health.targetVersion,
    gone_at: timestampOrNull(health.gone?.at ?? null),
    gone_delivery_id: health.gone?.deliveryId ?? null,
    gone_answers: health.gone?.answers ?? null,
    last_failure_code: health.lastFailureCode,
    late_since: timestampOrNull(health.late?.since ?? null),
    last_late_at: timestampOrNull(health.late?.lastAt ?? null),
    rate_window: health.rate,
    windows: health.windows,
    updated_at: timestamp(now.getTime()),
  }));
  await run(upsertHealth, [recordset(rows)]);
}

const ms = (column: string, name: string) => `(extract(epoch from ${column}) * 1000)::float8 as "${name}"`;

const selectHealth = `
select w.id, w.client_id as "clientId", w.url, w.version, w.is_active as "isActive", w.disabled_by as "disabledBy",
  ${ms('w.disabled_at', 'disabledAt')}, ${ms('w.enabled_at', 'enabledAt')},
  ${ms('w.recovering_until', 'recoveringUntil')}, ${ms('w.paused_since', 'pausedSince')},
  ${ms('w.paused_until', 'pausedUntil')}, coalesce(w.earlier_pauses, '[]') as "earlierPauses", w.auto_heal as "autoHeal", w.auto_heal_gone as "autoHealGone", w.target_version as "targetVersion", w.verification_pending as "isVerificationPending", c.auto_disable as override,
  h.state, h.consecutive_failures as "consecutiveFailures", ${ms('h.failing_since', 'failingSince')},
  ${ms('h.last_success_at', 'lastSuccessAt')}, ${ms('h.last_failure_at', 'lastFailureAt')},
  ${ms('h.counted_from', 'countedFrom')}, ${ms('h.last_ping_at', 'lastPingAt')},
  h.last_ping_delivered as "lastPingDelivered", h.good_pings as "goodPings", h.failed_pings as "failedPings",
  h.is_failure_told as "isFailureTold", h.target_version as "healthTargetVersion", ${ms('h.gone_at', 'goneAt')},
  h.gone_delivery_id as "goneDeliveryId", h.gone_answers as "goneAnswers", h.last_failure_code as "lastFailureCode",
  ${ms('h.late_since', 'lateSince')}, ${ms('h.last_late_at', 'lastLateAt')},
  h.rate_window as rate, h.windows
from webhook w
join client c on c.id = w.client_id
left join webhook_health h on h.webhook_id = w.id
where w.id in (select json_array_elements_text($1::json))
order by w.id`;

const columns = `state, consecutive_failures, failing_since, last_success_at, last_failure_at, counted_from,
  last_ping_at, last_ping_delivered, good_pings, failed_pings, is_failure_told, target_version, gone_at, gone_delivery_id,
  gone_answers, last_failure_code, late_since, last_late_at, rate_window, windows, updated_at`;

const upsertHealth = `
insert into webhook_health (webhook_id, ${columns})
select * from json_to_recordset($1::json) as i(webhook_id text, state text, consecutive_failures int,
  failing_since timestamptz, last_success_at timestamptz, last_failure_at timestamptz, counted_from timestamptz,
  last_ping_at timestamptz, last_ping_delivered boolean, good_pings int, failed_pings int, is_failure_told boolean,
  target_version int, gone_at timestamptz, gone_delivery_id text, gone_answers int, last_failure_code int, late_since timestamptz,
  last_late_at timestamptz, rate_window jsonb, windows jsonb, updated_at timestamptz)
on conflict (webhook_id) do update set (${columns}) = row(${columns
  .split(',')
  .map((column) => `excluded.${column.trim()}`)
  .join(', ')})`;

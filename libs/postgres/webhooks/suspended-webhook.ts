/**
 * A webhook of a suspended client, and what it goes back to. In: the row, under its lock. Out: whether it changed. Holds: what waits
 * for it is kept as for any pause, for as long as a pause may last; after that it is disabled, so that nothing goes out, and
 * what it misses is one replay away.
 */
import { isPaused } from '../../domain/webhook/pause.ts';
import type { Suspension, WebhookRow } from '../entities/webhook.ts';
import { activityFor, switchActivity } from './webhook-activity.ts';
import { newPause, resumedPause } from './webhook-pause.ts';

/** Of the webhooks that it disables. */
export const suspendedReason = 'client suspended';

/** @param deliveryAgeMs DELIVERY_MAX_AGE_HOURS */
export function suspendWebhook(row: WebhookRow, deliveryAgeMs: number, now: Date): void {
  const isFirst = row.suspension == null;
  const pausedUntil = row.pausedUntil?.getTime() ?? null;
  const before: Suspension = row.suspension ?? {
    pausedUntil: isPaused({ pausedUntil }, now.getTime()) ? pausedUntil : null,
  };
  const held = isFirst ? newPause(row, { until: null, deliveryAgeMs }, now) : { kind: 'over' as const };
  if (held === null || !('kind' in held)) {
    if (held !== null) Object.assign(row, held);
    row.suspension = before;
    return;
  }
  switchActivity(row, { isActive: false, by: 'operator', reason: suspendedReason }, now);
  row.suspension = { ...before, isDisabled: true };
}

/**
 * A pause that its client made goes on to its own end; what somebody changed meanwhile stays changed.
 * @param mustProve ENDPOINT_VERIFICATION is on: one whose URL somebody changed meanwhile is asked first
 */
export function reactivateWebhook(row: WebhookRow, mustProve: boolean, now: Date): void {
  const before = row.suspension ?? { pausedUntil: null };
  row.suspension = null;
  if (before.isDisabled === true) {
    const isOurs = !row.isActive && row.disabledBy === 'operator' && row.disabledReason === suspendedReason;
    if (isOurs) switchActivity(row, activityFor(row, { isActive: true }, mustProve), now);
    return;
  }
  const isLonger = before.pausedUntil !== null && before.pausedUntil > now.getTime();
  if (isLonger && row.pausedUntil != null) row.pausedUntil = new Date(before.pausedUntil);
  else Object.assign(row, resumedPause(row, now) ?? {});
}

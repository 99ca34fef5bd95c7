/** A webhook is enabled or disabled: what its row says of either. */
import type { WebhookRow } from '../entities/webhook.ts';
import type { Activity } from './webhook-change.ts';
import { missedSinceOf } from './webhook-turn.ts';

export function switchActivity(row: WebhookRow, activity: Activity, now: Date): void {
  if (!activity.isActive) row.missedSince = missedSinceOf(row);
  row.isActive = activity.isActive;
  row.disabledBy = activity.isActive ? null : activity.by;
  row.disabledReason = activity.isActive ? null : activity.reason;
  row.disabledAt = activity.isActive ? null : now;
  row.recoveringSince = null;
  row.recoveringUntil = null;
  row.pausedSince = null;
  row.pausedUntil = null;
  row.earlierPauses = null;
  row.holdsUntil = null;
  if (activity.isActive) row.enabledAt = now;
}

/** A webhook is switched on or off by somebody, or gets another URL. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { unprovenReason } from '../../domain/webhook/endpoint-proof.ts';
import { notRewound } from './webhook-definition.ts';
import type { WebhookRow } from '../entities/webhook.ts';
import type { Activity } from './webhook-change.ts';
import { missedSinceOf } from './webhook-transition.ts';

/** Nothing is sent until its endpoint has proven that it wants it. */
export const unverified: Activity = { isActive: false, by: 'unverified', reason: unprovenReason };

/**
 * What is wanted, under the rule that is in force. Whoever switches one on whose endpoint has proven nothing gets it asked anew.
 * @param mustProve ENDPOINT_VERIFICATION is on
 */
export function activityFor(row: WebhookRow, wanted: Activity, mustProve: boolean): Activity {
  if (!wanted.isActive || !row.verificationPending || !mustProve) return wanted;
  return unverified;
}

/** False of what is so already. One that nobody has proven for can be switched off by its owner: then nobody is asked. */
export function isSwitching(row: WebhookRow, activity: Activity): boolean {
  if (activity.isActive || row.isActive) return activity.isActive !== row.isActive;
  return (activity.by === 'unverified') !== (row.disabledBy === 'unverified');
}

export function switchActivity(row: WebhookRow, activity: Activity, now: Date): void {
  if (!activity.isActive && row.isActive) row.missedSince = missedSinceOf(row);
  const isStillUnproven = !row.isActive && !activity.isActive && activity.by === 'unverified';
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
  // Until its endpoint is proven a start in the past waits.
  if (!isStillUnproven) Object.assign(row, notRewound);
  if (!activity.isActive) return;
  row.enabledAt = now;
  row.verificationPending = false;
}

/** What is known of the endpoint was of another URL: how it did, when it is pinged next, and that it wants what it gets. */
export async function retarget(em: EntityManager, row: WebhookRow, mustProve: boolean, now: Date): Promise<void> {
  row.targetVersion = row.version;
  row.verifiedAt = null;
  row.allowedPerMinute = null;
  if (mustProve) {
    row.verificationPending = true;
    if (row.isActive || row.disabledBy === 'unverified') switchActivity(row, unverified, now);
  }
  await forgetPings(em, row);
}

export async function forgetPings(em: EntityManager, { id }: WebhookRow): Promise<void> {
  await em.execute('delete from webhook_ping where webhook_id = ?', [id]);
}

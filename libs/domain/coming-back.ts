/**
 * What pings say about an endpoint, when it is gone for good, and when its webhook comes back by itself. What must hold:
 * pings count for a webhook that was disabled for what its endpoint did, and only those that began since.
 */
import { deliveryWish } from './classify.ts';
import type { HealthRules, WatchedWebhook, WebhookHealth } from './health.ts';
import type { DeliveryOutcome } from './outcome.ts';

/** Asked for in so many words, or said to a ping, which is about no event: 410 alone may be about the event that was sent. */
export function isFinalWord({ kind, responseCode, responseHeaders }: DeliveryOutcome): boolean {
  return kind === 'ping' || responseCode !== 410 || deliveryWish(responseHeaders) === 'disable';
}

/** Answers of proxies, or for now: of them nobody can tell whether the endpoint is there. */
const notOfEndpoint: ReadonlySet<number> = new Set([407, 408, 410, 421, 423, 425, 429]);

/**
 * True when an endpoint that does not know pings is there all the same: strict ones refuse event types that they do not know. It
 * must answer otherwise than it did when it failed.
 */
function isThere({ status, responseCode }: DeliveryOutcome, { lastFailureCode }: WebhookHealth): boolean {
  if (status === 'delivered') return true;
  if (responseCode === null || responseCode < 400 || responseCode > 499) return false;
  return !notOfEndpoint.has(responseCode) && responseCode !== lastFailureCode;
}

/**
 * A ping is asked for by a person or by the monitor: it is shown, but it is no delivery that failed. For a webhook
 * that failures disabled it says whether the endpoint is back.
 */
export function afterPing(health: WebhookHealth, outcome: DeliveryOutcome, webhook: WatchedWebhook): WebhookHealth {
  if (health.lastPingAt !== null && health.lastPingAt > outcome.startedAt) return health;
  const isDelivered = outcome.status === 'delivered';
  const shown = { ...health, lastPingAt: outcome.startedAt, lastPingDelivered: isDelivered };
  if (!mayComeBack(webhook) || outcome.startedAt < (webhook.disabledAt ?? 0)) return shown;
  // What refuses a ping may be what took the place of an endpoint that is gone.
  const isGood = webhook.disabledBy === 'gone' ? isDelivered : isThere(outcome, health);
  return {
    ...shown,
    goodPings: isGood ? health.goodPings + 1 : 0,
    failedPings: isGood ? 0 : health.failedPings + 1,
  };
}

/** Disabled for what its endpoint did; a webhook that is gone comes back only when its owner wishes. */
function mayComeBack({ disabledBy, autoHealGone }: WatchedWebhook): boolean {
  return disabledBy === 'failures' || (disabledBy === 'gone' && autoHealGone);
}

export function isHealed(health: WebhookHealth, webhook: WatchedWebhook, { goodPingsToHeal }: HealthRules): boolean {
  if (webhook.isActive || !mayComeBack(webhook) || !webhook.autoHeal) return false;
  return goodPingsToHeal !== null && health.goodPings >= goodPingsToHeal;
}

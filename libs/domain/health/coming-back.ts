/**
 * What pings say about an endpoint, when it is gone for good, and when its webhook comes back by itself. What must hold:
 * pings count for a webhook that was disabled for what its endpoint did, and only those that began since; an endpoint that
 * refuses everything is tried ever more rarely.
 */
import { deliveryWish } from '../delivery/classify.ts';
import type { HealthRules, WatchedWebhook, WebhookHealth } from './webhook-health.ts';
import type { ObservedOutcome } from '../delivery/outcome.ts';

/** Asked for in so many words, or said to a ping, which is about no event: 410 alone may be about the event that was sent. */
export function isFinalWord({ kind, responseCode, responseHeaders }: ObservedOutcome): boolean {
  return kind === 'ping' || responseCode !== 410 || deliveryWish(responseHeaders) === 'disable';
}

/** Answers of proxies, or for now: of them nobody can tell whether the endpoint is there. */
const notOfEndpoint: ReadonlySet<number> = new Set([407, 408, 410, 421, 423, 425, 429]);

/** After so many pings without a delivery in between, an endpoint that refuses them as it refused events is not tried again. */
const refusedAlikeMax = 20;

/**
 * `there`: strict endpoints refuse event types that they do not know, and this one answers otherwise than when it failed. `alike`: it
 * refuses pings as it refused events, so only an event can tell whether it takes events again.
 */
function saidBy({ status, responseCode }: ObservedOutcome, health: WebhookHealth): 'there' | 'alike' | 'away' {
  if (status === 'delivered') return 'there';
  if (responseCode === null || responseCode < 400 || responseCode > 499) return 'away';
  if (notOfEndpoint.has(responseCode)) return 'away';
  if (responseCode !== health.lastFailureCode) return 'there';
  return health.failedPings < refusedAlikeMax ? 'alike' : 'away';
}

/**
 * A ping is asked for by a person or by the monitor: it is shown, but it is no delivery that failed. For a webhook
 * that failures disabled it says whether the endpoint is back.
 */
export function afterPing(health: WebhookHealth, outcome: ObservedOutcome, webhook: WatchedWebhook): WebhookHealth {
  if (health.lastPingAt !== null && health.lastPingAt > outcome.startedAt) return health;
  const isDelivered = outcome.status === 'delivered';
  const shown = { ...health, lastPingAt: outcome.startedAt, lastPingDelivered: isDelivered };
  if (!mayComeBack(webhook) || outcome.startedAt < (webhook.disabledAt ?? 0)) return shown;
  // What refuses a ping may be what took the place of an endpoint that is gone.
  const said = isDelivered || webhook.disabledBy !== 'gone' ? saidBy(outcome, health) : 'away';
  return {
    ...shown,
    goodPings: said === 'away' ? 0 : health.goodPings + 1,
    // Refused alike counts as both: it is tried with events, but after pauses that grow from one try to the next.
    failedPings: said === 'there' ? 0 : health.failedPings + 1,
  };
}

/** Pings that failed before it is disabled now: a relapse without any success goes on with the pauses that it had. */
export function failedPingsBefore(health: WebhookHealth, { recoveringUntil }: WatchedWebhook): number {
  const { lastSuccessAt, countedFrom, failedPings } = health;
  const isRelapse = recoveringUntil !== null && (lastSuccessAt === null || lastSuccessAt < (countedFrom ?? 0));
  return isRelapse ? failedPings : 0;
}

/** Disabled for what its endpoint did; a webhook that is gone comes back only when its owner wishes. */
export function mayComeBack({
  disabledBy,
  autoHealGone,
}: Pick<WatchedWebhook, 'disabledBy' | 'autoHealGone'>): boolean {
  return disabledBy === 'failures' || (disabledBy === 'gone' && autoHealGone);
}

export function isHealed(health: WebhookHealth, webhook: WatchedWebhook, { goodPingsToHeal }: HealthRules): boolean {
  if (webhook.isActive || !mayComeBack(webhook) || !webhook.autoHeal) return false;
  return goodPingsToHeal !== null && health.goodPings >= goodPingsToHeal;
}

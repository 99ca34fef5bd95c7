/**
 * What a client is told of its webhook's health. In: health and outcomes. Out: at most one notice of each type for a
 * batch of outcomes. What must hold: a run of failures is told once, its end once and only if its begin was told; a
 * notice that is not delivered makes no further notice, so that two broken webhooks never tell each other for ever.
 */
import type { DisableRules } from './disable-rules.ts';
import { isMostFailing, isRateBad, rateUpTo, type FailureRate } from './failure-rate.ts';
import type { WebhookHealth } from './webhook-health.ts';
import { isNoticeType, type NoticeType } from './notice.ts';
import type { ObservedOutcome } from '../delivery/outcome.ts';
import { pausedMsBetween, type Pause } from '../webhook/pause.ts';

export interface HealthNotice {
  readonly type: NoticeType;
  /** Beside what every notice has. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Deliveries that one notice names; it counts all. */
const namedMax = 50;

/** `webhook.failing` half way to being disabled, `webhook.recovered` when that is over; null when there is no news. */
export function failureNotice(
  health: WebhookHealth,
  lastFailure: ObservedOutcome | null,
  rules: DisableRules,
  pause: Partial<Pause>,
): HealthNotice | null {
  const rate = rateUpTo(health.lastFailureAt, health.rate, rules.rate, pause);
  if (health.isFailureTold) {
    // Single successes among failures are no recovery.
    if (health.consecutiveFailures > 0 || isMostFailing(health.rate, rules.rate)) return null;
    return { type: 'webhook.recovered', data: { from: 'failing', lastSuccessAt: timeOrNull(health.lastSuccessAt) } };
  }
  if (lastFailure === null || !(isHalfWay(health, rules, pause) || isHalfWayByRate(rate, rules))) return null;
  const { failureThreshold, minMs } = rules;
  return {
    type: 'webhook.failing',
    data: {
      consecutiveFailures: health.consecutiveFailures,
      failingSince: timeOrNull(health.failingSince),
      lastSuccessAt: timeOrNull(health.lastSuccessAt),
      recent: rate === null ? null : { attempts: rate.attempts, failed: rate.failed },
      responseCode: lastFailure.responseCode,
      errorKind: lastFailure.errorKind,
      deliveryId: lastFailure.deliveryId,
      disabledAfter: rules.isEnabled ? { consecutiveFailures: failureThreshold, minutes: minMs / 60_000 } : null,
    },
  };
}

function isHalfWayByRate(rate: FailureRate | null, rules: DisableRules): boolean {
  return rate !== null && rules.rate !== null && isRateBad(rate, rules.rate, rules.minMs, 0.5);
}

function isHalfWay(health: WebhookHealth, rules: DisableRules, pause: Partial<Pause>): boolean {
  const failedForMs = failedForMsOf(health, pause);
  if (failedForMs === null) return false;
  return health.consecutiveFailures * 2 >= rules.failureThreshold && failedForMs * 2 >= rules.minMs;
}

/** From the first failure of the run to the last, without what was paused, in milliseconds; null: there is no run. */
export function failedForMsOf({ failingSince, lastFailureAt }: WebhookHealth, pause: Partial<Pause>): number | null {
  if (failingSince === null || lastFailureAt === null) return null;
  return lastFailureAt - failingSince - pausedMsBetween(pause, failingSince, lastFailureAt);
}

/** `webhook.delivery.exhausted` for all of these outcomes together; null when no delivery was given up. */
export function exhaustedOf(outcomes: readonly ObservedOutcome[]): HealthNotice | null {
  const exhausted = outcomes.filter(
    ({ kind, reason, eventType }) => kind !== 'ping' && reason === 'exhausted' && !isNoticeType(eventType),
  );
  if (exhausted.length === 0) return null;
  const deliveries = exhausted
    .slice(0, namedMax)
    .map(({ deliveryId, eventId, eventType, attempt, responseCode, errorKind }) => ({
      deliveryId,
      eventId,
      eventType,
      attempts: attempt,
      responseCode,
      errorKind,
    }));
  return { type: 'webhook.delivery.exhausted', data: { count: exhausted.length, deliveries } };
}

function timeOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

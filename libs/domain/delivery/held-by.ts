/**
 * What a delivery waits for that is not settled. In: the delivery, its webhook, and how that is doing. Out: the one thing
 * that holds it longest, and until when, where that is known. The dispatcher alone knows the turn of a delivery to the
 * millisecond: this says what it comes to, for whoever knows the history alone.
 */
import { breakerRule, breakerStateOf } from '../health/breaker-state.ts';
import type { DeliveryStatus } from './outcome.ts';
import type { WebhookHealth } from '../health/webhook-health.ts';

/** Each with what it means, for people. */
export const holds = {
  pause: 'The webhook is paused; what came for it waits in its order.',
  retry: 'Its last attempt failed; the next one follows by the retry policy.',
  order: 'The webhook is `strict`: another delivery has to be settled before.',
  breaker: 'The circuit breaker is open, because attempts failed of late; then the next delivery is the probe.',
  recovery: 'The webhook was enabled by good pings, or resumed after a pause, and takes more and more until then.',
  rate: 'More waits than its rate limit lets through in a second.',
  turn: 'Its attempt is under way, or waits for others of its webhook, for a place at its endpoint’s origin, or for its client’s share.',
} as const;
export type HoldKind = keyof typeof holds;

export interface Hold {
  readonly by: HoldKind;
  /** Unix milliseconds; null: that depends on others. */
  readonly until: number | null;
  /** The delivery that has to be settled before. */
  readonly deliveryId: string | null;
}

export interface HeldDelivery {
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly nextAttemptAt: number | null;
}

export interface HoldingWebhook {
  readonly isActive: boolean;
  readonly rateLimitPerSecond: number | null;
  readonly recoveringUntil: number | null;
  /** Null: it is not paused. */
  readonly pausedUntil: number | null;
  readonly health: Pick<WebhookHealth, 'state' | 'consecutiveFailures' | 'lastFailureAt' | 'windows'>;
  /** Deliveries that are not settled, this one too. */
  readonly waitingCount: number;
  /** Of a strict webhook: the delivery that the others wait for. */
  readonly blockedBy: string | null;
}

/** Null: it is settled, or its webhook gets nothing any more, so that it is about to be. */
export function heldBy({ id, status, nextAttemptAt }: HeldDelivery, webhook: HoldingWebhook, now: number): Hold | null {
  if (status === 'delivered' || status === 'failed_permanent' || !webhook.isActive) return null;
  const { pausedUntil } = webhook;
  if (pausedUntil !== null && pausedUntil > Math.max(now, nextAttemptAt ?? 0)) {
    return { by: 'pause', until: pausedUntil, deliveryId: null };
  }
  if (nextAttemptAt !== null && nextAttemptAt > now) return { by: 'retry', until: nextAttemptAt, deliveryId: null };
  const { blockedBy, health, recoveringUntil, rateLimitPerSecond, waitingCount } = webhook;
  if (blockedBy !== null && blockedBy !== id) return { by: 'order', until: null, deliveryId: blockedBy };
  const until = breakerOpenUntil(health, now);
  if (until !== null) return { by: 'breaker', until, deliveryId: null };
  if (recoveringUntil !== null && recoveringUntil > now) {
    return { by: 'recovery', until: recoveringUntil, deliveryId: null };
  }
  const isOverRate = rateLimitPerSecond !== null && waitingCount > rateLimitPerSecond;
  return { by: isOverRate ? 'rate' : 'turn', until: null, deliveryId: null };
}

/** Null: it is not open. */
export function breakerOpenUntil(health: HoldingWebhook['health'], now: number): number | null {
  const { lastFailureAt } = health;
  return lastFailureAt !== null && breakerStateOf(health, now) === 'open' ? lastFailureAt + breakerRule.openMs : null;
}

/**
 * The health of a webhook from its outcomes, and when to disable it. In: outcomes of one webhook in topic order.
 * Out: its health, and at most one reason to disable it. What must hold: an outcome without a POST says nothing
 * about the endpoint, a success ends a run of failures, and attempts from before the webhook was last enabled
 * never disable it again.
 */
import { addAttempts, emptyWindows, type HealthWindows } from './health-window.ts';
import type { DeliveryOutcome } from './outcome.ts';
import type { DisabledBy } from './webhook.ts';

/** `failing`: the latest attempt failed. `disabled` is said by the webhook itself. */
export type HealthState = 'healthy' | 'failing' | 'disabled' | 'recovering';

export interface WebhookHealth {
  readonly state: HealthState;
  readonly consecutiveFailures: number;
  /** Begin of the first attempt of the run of failures, Unix milliseconds; null when there is none. */
  readonly failingSince: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  /** Unix milliseconds: attempts that began before do not count towards disabling. */
  readonly countedFrom: number | null;
  readonly lastPingAt: number | null;
  readonly lastPingDelivered: boolean | null;
  readonly windows: HealthWindows;
}

export interface DisableRules {
  readonly isEnabled: boolean;
  /** Consecutive failed attempts. */
  readonly failureThreshold: number;
  /** From the first to the last of them at least, in milliseconds. */
  readonly minMs: number;
}

export interface DisableDecision {
  readonly by: Extract<DisabledBy, 'failures' | 'gone'>;
  readonly reason: string;
  /** The outcome that decided. */
  readonly deliveryId: string;
}

export const unknownHealth: WebhookHealth = {
  state: 'healthy',
  consecutiveFailures: 0,
  failingSince: null,
  lastSuccessAt: null,
  lastFailureAt: null,
  countedFrom: null,
  lastPingAt: null,
  lastPingDelivered: null,
  windows: emptyWindows,
};

/** What an outcome says about its endpoint; null when it says nothing because no POST was tried. */
export function verdictOf(outcome: DeliveryOutcome): 'success' | 'failure' | null {
  if (outcome.status === 'delivered') return 'success';
  if (outcome.errorKind === 'circuit-open') return null;
  // The address guard stops before a POST, yet it is the webhook's own address that is at fault.
  if (outcome.reason === 'refused_address') return 'failure';
  return outcome.latencyMs === null ? null : 'failure';
}

/** Health after these outcomes, and the first reason among them to disable the webhook. */
export function observe(
  before: WebhookHealth,
  outcomes: readonly DeliveryOutcome[],
  rules: DisableRules,
): { health: WebhookHealth; disable: DisableDecision | null } {
  let health = before;
  let disable: DisableDecision | null = null;
  for (const outcome of outcomes) {
    const verdict = verdictOf(outcome);
    if (verdict === null) continue;
    health = outcome.kind === 'ping' ? afterPing(health, outcome) : afterAttempt(health, outcome, verdict);
    disable ??= disableDecision(health, outcome, rules);
  }
  const measured = outcomes
    .filter((outcome) => outcome.kind !== 'ping' && verdictOf(outcome) !== null)
    .map(({ startedAt, status, latencyMs }) => ({ startedAt, isDelivered: status === 'delivered', latencyMs }));
  if (measured.length > 0) health = { ...health, windows: addAttempts(health.windows, measured) };
  return { health, disable };
}

/** A ping is asked for by a person or by the monitor: it is shown, but it is no delivery that failed. */
function afterPing(health: WebhookHealth, outcome: DeliveryOutcome): WebhookHealth {
  if (health.lastPingAt !== null && health.lastPingAt > outcome.startedAt) return health;
  return { ...health, lastPingAt: outcome.startedAt, lastPingDelivered: outcome.status === 'delivered' };
}

function afterAttempt(health: WebhookHealth, outcome: DeliveryOutcome, verdict: 'success' | 'failure'): WebhookHealth {
  const { startedAt } = outcome;
  if (verdict === 'success') {
    const lastSuccessAt = Math.max(startedAt, health.lastSuccessAt ?? 0);
    return { ...health, state: 'healthy', consecutiveFailures: 0, failingSince: null, lastSuccessAt };
  }
  const lastFailureAt = Math.max(startedAt, health.lastFailureAt ?? 0);
  if (isFromBefore(health, outcome)) return { ...health, lastFailureAt };
  return {
    ...health,
    state: 'failing',
    consecutiveFailures: health.consecutiveFailures + 1,
    failingSince: Math.min(startedAt, health.failingSince ?? startedAt),
    lastFailureAt,
  };
}

function isFromBefore(health: WebhookHealth, outcome: DeliveryOutcome): boolean {
  return health.countedFrom !== null && outcome.startedAt < health.countedFrom;
}

function disableDecision(health: WebhookHealth, outcome: DeliveryOutcome, rules: DisableRules): DisableDecision | null {
  if (isFromBefore(health, outcome)) return null;
  const { deliveryId } = outcome;
  if (outcome.disableWebhook === 'gone') {
    return { by: 'gone', reason: 'The endpoint answered that it is gone.', deliveryId };
  }
  const { consecutiveFailures, failingSince, lastFailureAt } = health;
  if (!rules.isEnabled || outcome.kind === 'ping' || failingSince === null || lastFailureAt === null) return null;
  if (consecutiveFailures < rules.failureThreshold || lastFailureAt - failingSince < rules.minMs) return null;
  const since = new Date(failingSince).toISOString();
  return { by: 'failures', reason: `${consecutiveFailures} consecutive attempts failed since ${since}.`, deliveryId };
}

/** Health when the webhook is enabled: the past is forgiven, but not forgotten. */
export function afterEnabling(health: WebhookHealth, now: number): WebhookHealth {
  return { ...health, state: 'healthy', consecutiveFailures: 0, failingSince: null, countedFrom: now };
}

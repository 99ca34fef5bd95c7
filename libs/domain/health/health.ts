/**
 * The health of a webhook from its outcomes, and what becomes of it. In: outcomes of one webhook in topic order, and
 * how the webhook stands. Out: its health, at most one reason to disable it or to let it recover, and what to tell its
 * client. What must hold: an outcome without a POST says nothing about the endpoint; a success ends a run of failures;
 * attempts from before the webhook was last enabled never disable it again; what another URL answered says nothing about
 * this one; a pause is no time of failing: what fails in it does not count, and only what began after it decides;
 * decided is by how things stand after the last outcome that is known, and only while that is the present.
 */
import { afterPing, failedPingsBefore, isFinalWord, isHealed } from './coming-back.ts';
import { tolerableBehindMs } from './disable-rules.ts';
import { lateAfter } from './falling-behind.ts';
import { exhaustedOf, failedForMsOf, failureNotice, type HealthNotice } from './health-notice.ts';
import { addToRate, isRateBad, rateUpTo, type RateWindow } from './failure-rate.ts';
import { addAttempts, emptyWindows } from './health-window.ts';
import type { ObservedOutcome } from '../delivery/outcome.ts';
import type { HealthRules, WatchedWebhook, WebhookHealth } from './webhook-health.ts';
import { isWithinPause } from '../webhook/pause.ts';
import type { DisabledBy } from '../webhook/webhook.ts';

export interface DisableDecision {
  readonly by: Extract<DisabledBy, 'failures' | 'gone'>;
  readonly reason: string;
  /** The outcome that decided. */
  readonly deliveryId: string;
}

export interface Observation {
  readonly health: WebhookHealth;
  readonly disable: DisableDecision | null;
  /** It would be disabled, were it not that most webhooks fail at once. */
  readonly isHeld: boolean;
  /** It would be disabled, or recover, were this the present. */
  readonly isDeferred: boolean;
  readonly isHealed: boolean;
  readonly notices: readonly HealthNotice[];
}

/** While it recovers, so many failures in a row are a relapse, however long they took. */
export const relapseFailures = 3;

/** So many answers of 410 in a row disable: one may be about the one event. */
export const goneAnswersMax = 3;

export const unknownHealth: WebhookHealth = {
  state: 'healthy',
  consecutiveFailures: 0,
  failingSince: null,
  lastSuccessAt: null,
  lastFailureAt: null,
  countedFrom: null,
  lastPingAt: null,
  lastPingDelivered: null,
  goodPings: 0,
  failedPings: 0,
  isFailureTold: false,
  gone: null,
  lastFailureCode: null,
  late: null,
  targetVersion: null,
  rate: [],
  windows: emptyWindows,
};

/** What an outcome says about its endpoint; null for nothing: no POST was tried, or the proxy before all endpoints failed. */
export function verdictOf(outcome: ObservedOutcome): 'success' | 'failure' | null {
  if (outcome.status === 'delivered') return 'success';
  // The address guard stops before a POST, yet it is the webhook's own address that is at fault.
  if (outcome.reason === 'refused_address') return 'failure';
  return outcome.latencyMs === null || outcome.errorKind === 'proxy' ? null : 'failure';
}

/** Health after these outcomes, and what follows from them. */
export function observe(
  before: WebhookHealth,
  outcomes: readonly ObservedOutcome[],
  webhook: WatchedWebhook,
  rules: HealthRules,
): Observation {
  let health: WebhookHealth = { ...ofPresentTarget(before, webhook), targetVersion: webhook.targetVersion };
  let lastFailure: ObservedOutcome | null = null;
  let { late } = health;
  for (const outcome of outcomes) {
    const verdict = verdictOf(outcome);
    if (verdict === null || isOfOtherTarget(outcome, webhook)) continue;
    health = { ...health, gone: goneAfter(health, outcome, verdict) };
    if (outcome.kind === 'ping') health = afterPing(health, outcome, webhook);
    else {
      health = afterAttempt(health, outcome, verdict, webhook);
      late = lateAfter(late, outcome, webhook.pausedUntil ?? 0);
    }
    if (verdict === 'success') lastFailure = null;
    else if (outcome.kind !== 'ping' && maySayMore(health, outcome, webhook)) lastFailure = outcome;
  }
  health = { ...health, late, rate: rateAfter(health, outcomes, webhook, rules) };
  const measured = outcomes
    .filter((outcome) => outcome.kind !== 'ping' && verdictOf(outcome) !== null)
    .map(({ startedAt, status, latencyMs }) => ({ startedAt, isDelivered: status === 'delivered', latencyMs }));
  if (measured.length > 0) health = { ...health, windows: addAttempts(health.windows, measured) };
  const isBehind = rules.behindMs > tolerableBehindMs(rules);
  const wanted = webhook.isActive ? disableDecision(health, lastFailure, webhook, rules) : null;
  const isHeld = rules.isPaused && wanted?.by === 'failures';
  const disable = isHeld || isBehind ? null : wanted;
  if (disable !== null) {
    health = { ...health, goodPings: 0, failedPings: failedPingsBefore(health, webhook), rate: [] };
  }
  if (disable !== null || !webhook.isActive) health = { ...health, gone: null };
  const told =
    webhook.isActive && disable === null ? failureNotice(health, isBehind ? null : lastFailure, rules, webhook) : null;
  if (told !== null) health = { ...health, isFailureTold: told.type === 'webhook.failing' };
  const exhausted = exhaustedOf(outcomes);
  const wouldHeal = isHealed(health, webhook, rules);
  return {
    health,
    disable,
    isHeld,
    isDeferred: isBehind && (wouldHeal || (wanted !== null && !isHeld)),
    isHealed: wouldHeal && !isBehind,
    notices: [...(told === null ? [] : [told]), ...(exhausted === null ? [] : [exhausted])],
  };
}

/** What a URL did that the webhook has no longer is forgotten, but for the charts. */
export function ofPresentTarget(
  health: WebhookHealth,
  { targetVersion }: Pick<WatchedWebhook, 'targetVersion'>,
): WebhookHealth {
  if (health.targetVersion === null || health.targetVersion === targetVersion) return health;
  return { ...unknownHealth, countedFrom: health.countedFrom, windows: health.windows };
}

/** An outcome of before there were versions of targets is taken for one of the present. */
function isOfOtherTarget(outcome: ObservedOutcome, { targetVersion }: WatchedWebhook): boolean {
  return outcome.targetVersion !== null && outcome.targetVersion !== targetVersion;
}

/** Withdrawn by an attempt that began no earlier and succeeded. */
function goneAfter(
  health: WebhookHealth,
  outcome: ObservedOutcome,
  verdict: 'success' | 'failure',
): WebhookHealth['gone'] {
  const { gone } = health;
  if (outcome.disableWebhook === 'gone') {
    if (isFromBefore(health, outcome)) return gone;
    const answers = isFinalWord(outcome) ? goneAnswersMax : (gone?.answers ?? 0) + 1;
    return { at: outcome.startedAt, deliveryId: outcome.deliveryId, answers };
  }
  return verdict === 'success' && gone !== null && outcome.startedAt >= gone.at ? null : gone;
}

function afterAttempt(
  health: WebhookHealth,
  outcome: ObservedOutcome,
  verdict: 'success' | 'failure',
  webhook: WatchedWebhook,
): WebhookHealth {
  const { startedAt } = outcome;
  if (verdict === 'success') {
    const lastSuccessAt = Math.max(startedAt, health.lastSuccessAt ?? 0);
    return { ...health, state: 'healthy', consecutiveFailures: 0, failingSince: null, lastSuccessAt };
  }
  const lastFailureAt = Math.max(startedAt, health.lastFailureAt ?? 0);
  if (isFromBefore(health, outcome) || isWithinPause(webhook, startedAt)) return { ...health, lastFailureAt };
  return {
    ...health,
    state: 'failing',
    consecutiveFailures: health.consecutiveFailures + 1,
    failingSince: Math.min(startedAt, health.failingSince ?? startedAt),
    lastFailureAt,
    lastFailureCode: outcome.responseCode,
  };
}

function isFromBefore(health: WebhookHealth, outcome: ObservedOutcome): boolean {
  return health.countedFrom !== null && outcome.startedAt < health.countedFrom;
}

/** False of a failure from before it was enabled, or from before its last pause was over: such a one decides nothing. */
function maySayMore(health: WebhookHealth, outcome: ObservedOutcome, { pausedUntil }: WatchedWebhook): boolean {
  return !isFromBefore(health, outcome) && outcome.startedAt >= (pausedUntil ?? 0);
}

/**
 * While most webhooks fail at once nothing is counted: what failed then says nothing when that is over. Nor do addresses that our
 * own rules refuse.
 */
function rateAfter(
  health: WebhookHealth,
  outcomes: readonly ObservedOutcome[],
  webhook: WatchedWebhook,
  { rate, isPaused }: HealthRules,
): RateWindow {
  if (rate === null || isPaused) return [];
  const counted = outcomes.filter(
    (outcome) =>
      outcome.kind !== 'ping' &&
      outcome.reason !== 'refused_address' &&
      verdictOf(outcome) !== null &&
      !isOfOtherTarget(outcome, webhook) &&
      !isFromBefore(health, outcome) &&
      !isWithinPause(webhook, outcome.startedAt),
  );
  const attempts = counted.map(({ startedAt, status }) => ({ startedAt, isDelivered: status === 'delivered' }));
  return addToRate(health.rate, attempts, rate);
}

/** @param lastFailure of those that are new, and only while no success came after it */
function disableDecision(
  health: WebhookHealth,
  lastFailure: ObservedOutcome | null,
  webhook: WatchedWebhook,
  rules: HealthRules,
): DisableDecision | null {
  const { gone, consecutiveFailures, failingSince, lastFailureAt } = health;
  const failedForMs = failedForMsOf(health, webhook);
  if (gone !== null && gone.answers >= goneAnswersMax) {
    return { by: 'gone', reason: 'The endpoint answered that it is gone.', deliveryId: gone.deliveryId };
  }
  if (!rules.isEnabled || lastFailure === null || failingSince === null || failedForMs === null) return null;
  const { deliveryId } = lastFailure;
  if (webhook.recoveringUntil !== null && consecutiveFailures >= Math.min(relapseFailures, rules.failureThreshold)) {
    return { by: 'failures', reason: `${consecutiveFailures} attempts failed while it recovered.`, deliveryId };
  }
  if (consecutiveFailures >= rules.failureThreshold && failedForMs >= rules.minMs) {
    const since = new Date(failingSince).toISOString();
    return { by: 'failures', reason: `${consecutiveFailures} consecutive attempts failed since ${since}.`, deliveryId };
  }
  const rate = rateUpTo(lastFailureAt, health.rate, rules.rate, webhook);
  if (rate === null || rules.rate === null || !isRateBad(rate, rules.rate, rules.minMs)) return null;
  const minutes = Math.round(rules.rate.windowMs / 60_000);
  const reason = `${rate.failed} of ${rate.attempts} attempts failed within ${minutes} minutes.`;
  return { by: 'failures', reason, deliveryId };
}

/**
 * Health when the webhook is enabled: the past is forgiven, but not forgotten.
 * @param isRecovering pings enabled it: what they cost is kept for a relapse
 */
export function afterEnabling(health: WebhookHealth, now: number, isRecovering = false): WebhookHealth {
  return {
    ...health,
    state: 'healthy',
    consecutiveFailures: 0,
    failingSince: null,
    countedFrom: now,
    goodPings: 0,
    failedPings: isRecovering ? health.failedPings : 0,
    isFailureTold: false,
    gone: null,
    rate: [],
  };
}

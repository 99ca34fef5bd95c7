/**
 * In: a delivery, its webhook's policy and what its attempt met. Out: the outcome to report and what follows it
 * (a retry, the end, or nothing). Holds: exactly one outcome per attempt; a failed delivery always goes on, either
 * to a retry tier or to webhook.dead with its reason.
 */
import { noAnswerCodes, type AnswerCodes } from './answer-codes.ts';
import type { AttemptResult } from './attempt.ts';
import { classify } from './classify.ts';
import type { DeadDelivery, Delivery, RetryDelivery } from './delivery.ts';
import type { DeliveryOutcome } from './outcome.ts';
import type { PermanentReason } from './outcome-reason.ts';
import { isPassingRefusal, type RefusalGrace } from '../access/refusal.ts';
import { retryDelayMs, retryDelayMsMax, tierFor, type RetryTierName } from './retry.ts';
import type { RetryPolicy } from '../webhook/webhook.ts';

export type FollowUp =
  | { readonly kind: 'none' }
  | { readonly kind: 'retry'; readonly tier: RetryTierName; readonly delivery: RetryDelivery }
  | { readonly kind: 'dead'; readonly delivery: DeadDelivery };

export interface Settlement {
  readonly outcome: DeliveryOutcome;
  readonly followUp: FollowUp;
}

export interface AttemptMade {
  readonly delivery: Delivery;
  readonly policy: RetryPolicy;
  /** Of the definition that the attempt was made by. Default: null */
  readonly targetVersion?: number | null;
  readonly result: AttemptResult;
  /** As sent; what the client added is masked. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Unix milliseconds at which the attempt ended. */
  readonly now: number;
  /** In [0, 1), for the jitter. */
  readonly random: number;
  /** For an answer that {@link isRefusal}. Default: it is final. */
  readonly grace?: RefusalGrace | null;
  /** The longest that Retry-After is followed. Default: 24 h */
  readonly retryAfterMsMax?: number;
  /** What the webhook says of its endpoint's answers. Default: nothing */
  readonly codes?: AnswerCodes<string>;
}

/** Settles an attempt that was made: a POST went out, or failed to. */
export function settleAttempt(made: AttemptMade): Settlement {
  const { delivery, result, now } = made;
  const verdict = classify(result, now, {
    retryAfterMsMax: made.retryAfterMsMax ?? retryDelayMsMax,
    isRefusalPassing: made.grace != null && isPassingRefusal(made.grace, made.policy, delivery.attempt),
    codes: made.codes ?? noAnswerCodes,
  });
  const report = outcomeOf(made);
  report.disableWebhook = verdict.disableWebhook;
  report.errorMessage = inWords(verdict.message, result);
  if (verdict.status === 'delivered') return { outcome: report, followUp: { kind: 'none' } };
  if (verdict.status === 'failed_permanent') {
    return ended(delivery, verdict.reason, { ...report, status: 'failed_permanent', reason: verdict.reason });
  }
  // A ping tells how things are now; trying again later would tell something else.
  if (delivery.kind === 'ping' || delivery.attempt >= made.policy.maxAttempts) {
    return ended(delivery, 'exhausted', { ...report, status: 'failed_permanent', reason: 'exhausted' });
  }
  const delayMs = retryDelayMs(made.policy, delivery.attempt, verdict.retryAfterMs, made.random);
  const notBefore = now + delayMs;
  return {
    outcome: { ...report, status: 'failed_retryable', reason: verdict.reason, nextAttemptAt: notBefore },
    followUp: {
      kind: 'retry',
      tier: tierFor(delayMs).name,
      delivery: { ...delivery, trigger: 'retry', attempt: delivery.attempt + 1, notBefore },
    },
  };
}

const sentAgain = 'a kept connection did not take the request any more, so it was sent on another';

function inWords(message: string | null, result: AttemptResult): string | null {
  const flaw = result.kind === 'answer' ? result.flaw : undefined;
  if (flaw === undefined && result.wasSentAgain !== true) return message;
  const again = result.wasSentAgain === true ? sentAgain : null;
  return [message, flaw ?? null, again].filter((part) => part !== null).join('; ');
}

/** Settles a delivery that ends without a POST. */
export function settleWithoutPost(
  delivery: Delivery,
  reason: PermanentReason,
  message: string,
  now: number,
): Settlement {
  return ended(delivery, reason, {
    ...reportOf(delivery, now),
    status: 'failed_permanent',
    reason,
    errorMessage: message,
  });
}

function ended(delivery: Delivery, reason: PermanentReason, outcome: DeliveryOutcome): Settlement {
  if (delivery.kind === 'ping') return { outcome, followUp: { kind: 'none' } };
  const attemptsMade = outcome.latencyMs === null ? delivery.attempt - 1 : delivery.attempt;
  const dead: DeadDelivery = {
    ...delivery,
    reason,
    attemptsMade,
    lastResponseCode: outcome.responseCode,
    lastErrorKind: outcome.errorKind,
    lastErrorMessage: outcome.errorMessage,
    diedAt: outcome.startedAt + (outcome.latencyMs ?? 0),
  };
  return { outcome, followUp: { kind: 'dead', delivery: dead } };
}

/** While it is made: filled in place, since a copy for each step is what an attempt would cost most by, after its hashes. */
type Draft = { -readonly [Name in keyof DeliveryOutcome]: DeliveryOutcome[Name] };

/** The outcome of an attempt, as delivered: the caller overrides what differs. */
function outcomeOf({ delivery, startedAt, requestHeaders, result, targetVersion = null }: AttemptMade): Draft {
  const report = reportOf(delivery, startedAt);
  report.requestHeaders = requestHeaders;
  report.targetVersion = targetVersion;
  report.latencyMs = result.latencyMs;
  if (result.kind === 'error') {
    report.errorKind = result.errorKind;
    return report;
  }
  report.responseCode = result.code;
  report.responseHeaders = result.headers;
  report.responseBodySample = result.bodySample;
  report.responseBodyTruncated = result.bodyTruncated;
  return report;
}

function reportOf(delivery: Delivery, startedAt: number): Draft {
  return {
    deliveryId: delivery.deliveryId,
    eventTime: delivery.eventTime ?? null,
    webhookId: delivery.webhookId,
    clientId: delivery.clientId,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    kind: delivery.kind,
    trigger: delivery.trigger,
    round: delivery.round,
    attempt: delivery.attempt,
    status: 'delivered',
    reason: null,
    startedAt,
    latencyMs: null,
    requestHeaders: {},
    responseCode: null,
    responseHeaders: {},
    responseBodySample: null,
    responseBodyTruncated: false,
    errorKind: null,
    errorMessage: null,
    nextAttemptAt: null,
    deliveryCreatedAt: delivery.createdAt,
    disableWebhook: null,
    targetVersion: null,
    traceparent: delivery.traceparent,
  };
}

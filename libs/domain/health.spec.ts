import { describe, expect, test } from '@jest/globals';
import { afterEnabling, observe, unknownHealth, verdictOf, type DisableRules } from './health.ts';
import type { DeliveryOutcome } from './outcome.ts';

const start = Date.parse('2026-03-10T12:00:00Z');
const minuteMs = 60_000;
const rules: DisableRules = { isEnabled: true, failureThreshold: 3, minMs: 10 * minuteMs };

function outcome(atMinute: number, changes: Partial<DeliveryOutcome> = {}): DeliveryOutcome {
  return {
    deliveryId: `delivery-${atMinute}`,
    webhookId: 'wh-1',
    clientId: 'client-1',
    eventId: 'event-1',
    eventType: 'order.created',
    kind: 'event',
    trigger: 'first',
    round: '',
    attempt: 1,
    status: 'failed_retryable',
    reason: 'http',
    startedAt: start + atMinute * minuteMs,
    latencyMs: 20,
    requestHeaders: {},
    responseCode: 500,
    responseHeaders: {},
    responseBodySample: null,
    responseBodyTruncated: false,
    errorKind: null,
    errorMessage: null,
    nextAttemptAt: null,
    deliveryCreatedAt: start,
    disableWebhook: null,
    traceparent: null,
    ...changes,
  };
}

const success = (atMinute: number) => outcome(atMinute, { status: 'delivered', reason: null, responseCode: 200 });
const permanent = (reason: NonNullable<DeliveryOutcome['reason']>, latencyMs: number | null) =>
  outcome(0, { status: 'failed_permanent', reason, latencyMs, responseCode: null });

describe('what an outcome says about its endpoint', () => {
  test.each<[string, DeliveryOutcome, 'success' | 'failure' | null]>([
    ['delivered', success(0), 'success'],
    ['an answer of 500', outcome(0), 'failure'],
    ['a timeout', outcome(0, { reason: 'timeout', errorKind: 'timeout', responseCode: null }), 'failure'],
    ['the last attempt failed', permanent('exhausted', 20), 'failure'],
    ['a refused address', permanent('refused_address', null), 'failure'],
    ['the breaker is open', outcome(0, { errorKind: 'circuit-open', latencyMs: null }), null],
    ['the webhook was disabled', permanent('disabled', null), null],
    ['the webhook was deleted', permanent('deleted', null), null],
    ['it waited too long', permanent('expired', null), null],
    ['the payload was too large', permanent('payload_too_large', null), null],
    ['it could not be signed', permanent('signing_failed', null), null],
  ])('%s', (_name, said, verdict) => {
    expect(verdictOf(said)).toBe(verdict);
  });
});

describe('disabling', () => {
  test.each<[string, DeliveryOutcome[], Partial<DisableRules>, 'failures' | 'gone' | null]>([
    ['enough failures over enough time', [outcome(0), outcome(5), outcome(10)], {}, 'failures'],
    ['enough failures in too little time', [outcome(0), outcome(1), outcome(2), outcome(9)], {}, null],
    ['too few failures over a long time', [outcome(0), outcome(500)], {}, null],
    ['a success in between', [outcome(0), outcome(5), success(6), outcome(10), outcome(20)], {}, null],
    ['no least time', [outcome(0), outcome(0), outcome(0)], { minMs: 0 }, 'failures'],
    ['switched off', [outcome(0), outcome(5), outcome(10)], { isEnabled: false }, null],
    ['gone, first answer', [outcome(0, { disableWebhook: 'gone' })], {}, 'gone'],
    ['gone, though switched off', [outcome(0, { disableWebhook: 'gone' })], { isEnabled: false }, 'gone'],
    ['gone, said to a ping', [outcome(0, { disableWebhook: 'gone', kind: 'ping' })], {}, 'gone'],
    ['pings that fail', [0, 5, 10, 15].map((at) => outcome(at, { kind: 'ping' })), {}, null],
    ['no POST made', [0, 5, 10].map((at) => outcome(at, { latencyMs: null, errorKind: 'circuit-open' })), {}, null],
    ['test events that fail', [0, 5, 10].map((at) => outcome(at, { kind: 'test' })), {}, 'failures'],
  ])('%s', (_name, outcomes, changed, by) => {
    expect(observe(unknownHealth, outcomes, { ...rules, ...changed }).disable?.by ?? null).toBe(by);
    // One batch or several: the same is decided.
    let health = unknownHealth;
    const decisions = outcomes.map((one) => {
      const step = observe(health, [one], { ...rules, ...changed });
      health = step.health;
      return step.disable?.by ?? null;
    });
    expect(decisions.find((decision) => decision !== null) ?? null).toBe(by);
  });

  test('an attempt from before the webhook was enabled does not disable it again', () => {
    const failing = observe(unknownHealth, [outcome(0), outcome(5)], rules).health;
    const enabled = afterEnabling(failing, start + 20 * minuteMs);
    const late = observe(enabled, [outcome(19), outcome(19, { disableWebhook: 'gone' }), outcome(21)], rules);
    expect(late.disable).toBeNull();
    expect(late.health).toMatchObject({ consecutiveFailures: 1, failingSince: start + 21 * minuteMs });
  });
});

describe('health', () => {
  test('a success ends a run of failures', () => {
    const { health } = observe(unknownHealth, [outcome(0), outcome(1), success(2)], rules);
    expect(health).toMatchObject({
      state: 'healthy',
      consecutiveFailures: 0,
      failingSince: null,
      lastFailureAt: start + minuteMs,
      lastSuccessAt: start + 2 * minuteMs,
    });
  });

  test('a ping is shown and counts for nothing else', () => {
    const ping = outcome(3, { kind: 'ping', status: 'delivered' });
    const { health } = observe(unknownHealth, [outcome(0), ping, outcome(2, { kind: 'ping' })], rules);
    expect(health).toMatchObject({
      state: 'failing',
      consecutiveFailures: 1,
      lastSuccessAt: null,
      lastPingAt: start + 3 * minuteMs,
      lastPingDelivered: true,
    });
    expect(health.windows['24h'].map((bucket) => bucket[2])).toEqual([1]);
  });
});

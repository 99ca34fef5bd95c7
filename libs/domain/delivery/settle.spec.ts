import { describe, expect, test } from '@jest/globals';
import type { AttemptResult } from './attempt.ts';
import type { Delivery } from './delivery.ts';
import { settleAttempt, settleWithoutPost } from './settle.ts';

const delivery: Delivery = {
  deliveryId: 'd',
  webhookId: 'w',
  clientId: 'c',
  eventId: 'e',
  eventType: 'order.created',
  kind: 'event',
  trigger: 'first',
  round: '',
  attempt: 1,
  contentType: 'application/json',
  body: Buffer.from('{}'),
  createdAt: 1_000,
  traceparent: null,
};

const policy = { maxAttempts: 3, baseDelayMs: 5_000, maxDelayMs: 60_000, backoffFactor: 6, jitter: 0 };

function answer(code: number, headers: Record<string, string> = {}): AttemptResult {
  return { kind: 'answer', code, headers, bodySample: Buffer.from('said'), bodyTruncated: false, latencyMs: 12 };
}

function settle(result: AttemptResult, change: Partial<Delivery> = {}) {
  return settleAttempt({
    delivery: { ...delivery, ...change },
    policy,
    result,
    requestHeaders: { 'webhook-id': 'd' },
    startedAt: 2_000,
    now: 2_012,
    random: 0.5,
  });
}

describe('an attempt', () => {
  test('that is answered 2xx is delivered and nothing follows', () => {
    const { outcome, followUp } = settle(answer(204));
    expect(outcome).toMatchObject({
      status: 'delivered',
      reason: null,
      responseCode: 204,
      latencyMs: 12,
      nextAttemptAt: null,
    });
    expect(outcome.responseBodySample?.toString()).toBe('said');
    expect(followUp).toEqual({ kind: 'none' });
  });

  test('that fails is tried again, later each time, in the tier for the delay', () => {
    const first = settle(answer(500));
    expect(first.outcome).toMatchObject({ status: 'failed_retryable', reason: 'http', nextAttemptAt: 7_012 });
    expect(first.followUp).toMatchObject({
      kind: 'retry',
      tier: '5s',
      delivery: { attempt: 2, trigger: 'retry', notBefore: 7_012 },
    });
    const second = settle(answer(500), { attempt: 2, trigger: 'retry' });
    expect(second.followUp).toMatchObject({ kind: 'retry', tier: '30s', delivery: { attempt: 3, notBefore: 32_012 } });
  });

  test('that was the last one ends the delivery as exhausted', () => {
    const { outcome, followUp } = settle(answer(503), { attempt: 3 });
    expect(outcome).toMatchObject({ status: 'failed_permanent', reason: 'exhausted', nextAttemptAt: null });
    expect(followUp).toMatchObject({
      kind: 'dead',
      delivery: { reason: 'exhausted', attemptsMade: 3, lastResponseCode: 503, diedAt: 2_012, body: delivery.body },
    });
  });

  test('waits at least as long as the endpoint asked for', () => {
    const { outcome } = settle(answer(429, { 'retry-after': '120' }));
    expect(outcome.nextAttemptAt).toBe(2_012 + 120_000);
  });

  test('answered 410 ends the delivery and asks to disable the webhook', () => {
    const { outcome, followUp } = settle(answer(410));
    expect(outcome).toMatchObject({ status: 'failed_permanent', reason: 'gone', disableWebhook: 'gone' });
    expect(followUp.kind).toBe('dead');
  });

  test('that met an error says which', () => {
    const { outcome } = settle({
      kind: 'error',
      errorKind: 'timeout',
      message: 'no answer within 5000 ms',
      latencyMs: 5_000,
    });
    expect(outcome).toMatchObject({
      status: 'failed_retryable',
      reason: 'timeout',
      errorKind: 'timeout',
      errorMessage: 'no answer within 5000 ms',
      responseCode: null,
      responseBodySample: null,
    });
  });

  test('of a ping is never repeated and never dead', () => {
    const { outcome, followUp } = settle(answer(500), { kind: 'ping', trigger: 'probe' });
    expect(outcome).toMatchObject({ status: 'failed_permanent', reason: 'exhausted' });
    expect(followUp).toEqual({ kind: 'none' });
  });
});

test.each(['disabled', 'deleted', 'expired', 'signing_failed'] as const)('%s ends without a POST', (reason) => {
  const { outcome, followUp } = settleWithoutPost(delivery, reason, 'why', 9_000);
  expect(outcome).toMatchObject({
    status: 'failed_permanent',
    reason,
    latencyMs: null,
    errorMessage: 'why',
    startedAt: 9_000,
  });
  expect(followUp).toMatchObject({ kind: 'dead', delivery: { reason, attemptsMade: 0, diedAt: 9_000 } });
});

test('#53 an attempt that was sent on a second connection says so, whatever came of it', () => {
  const words = 'a kept connection did not take the request any more, so it was sent on another';
  const message = (result: AttemptResult) => settle({ ...result, wasSentAgain: true }).outcome.errorMessage;
  expect(message(answer(200))).toBe(words);
  expect(message(answer(500))).toBe(words);
  expect(message({ kind: 'error', errorKind: 'timeout', message: 'no answer', latencyMs: 1 })).toBe(
    `no answer; ${words}`,
  );
  expect(settle(answer(200)).outcome.errorMessage).toBeNull();
});

import { describe, expect, test } from '@jest/globals';
import type { AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import type { Delivery } from '../../../libs/domain/delivery/delivery.ts';
import { settleAttempt, settleWithoutPost, type Settlement } from '../../../libs/domain/delivery/settle.ts';
import { wideLineOf } from './wide-line.ts';

const planted = 'planted-5ecret';

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
  body: Buffer.from(`{"data":"${planted}"}`),
  createdAt: 1_000,
  traceparent: null,
};

function answered(code: number, change: Partial<Delivery> = {}): Settlement {
  const result: AttemptResult = {
    kind: 'answer',
    code,
    headers: { 'set-cookie': planted },
    bodySample: Buffer.from(planted),
    bodyTruncated: false,
    latencyMs: 12,
  };
  return settleAttempt({
    delivery: { ...delivery, ...change },
    policy: { maxAttempts: 2, baseDelayMs: 5_000, maxDelayMs: 60_000, backoffFactor: 6, jitter: 0 },
    result,
    requestHeaders: { 'x-api-key': planted },
    startedAt: 2_000,
    now: 2_012,
    random: 0.5,
  });
}

function unsent(reason: 'signing_failed' | 'disabled' | 'expired'): Settlement {
  return settleWithoutPost(delivery, reason, 'why', 2_000);
}

describe('the level of a delivery that is', () => {
  test.each([
    ['delivered', answered(200), 'info'],
    ['to be tried again', answered(503), 'warn'],
    ['refused by its endpoint', answered(400), 'warn'],
    ['given up', answered(503, { attempt: 2 }), 'error'],
    ['of a disabled webhook', unsent('disabled'), 'warn'],
    ['too old', unsent('expired'), 'warn'],
    ['not to be signed', unsent('signing_failed'), 'error'],
  ])('%s', (_what, settlement, level) => {
    expect(wideLineOf(settlement).level).toBe(level);
  });
});

test('whoever is not to be told of endpoints as of errors chooses the level, and metrics tell them apart either way', () => {
  const line = wideLineOf(answered(503, { attempt: 2 }), 'warn');
  expect(line).toMatchObject({ level: 'warn', fields: { reason: 'exhausted', about: 'endpoint' } });
  expect(wideLineOf(answered(503), 'info').level).toBe('warn');
  expect(wideLineOf(unsent('signing_failed'), 'info')).toMatchObject({ level: 'error', fields: { error: 'why' } });
});

test('a line says what happened and what follows, and nothing that was sent or answered', () => {
  const line = wideLineOf(answered(503));
  expect(line.fields).toEqual({
    deliveryId: 'd',
    webhookId: 'w',
    clientId: 'c',
    eventType: 'order.created',
    kind: 'event',
    trigger: 'first',
    attempt: 1,
    status: 'failed_retryable',
    reason: 'http',
    responseCode: 503,
    latencyMs: 12,
    ageMs: 1_012,
    nextAttemptAt: 7_012,
  });
  expect(JSON.stringify(line)).not.toContain(planted);
});

test('an event that came with a trace is found by it', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traced = answered(200, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
  expect(wideLineOf(traced).fields).toMatchObject({ traceId });
});

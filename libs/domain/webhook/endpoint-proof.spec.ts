import { describe, expect, test } from '@jest/globals';
import type { AttemptResult } from '../delivery/attempt.ts';
import { judgeProof, proofRequest, proofWishBody, readProofWish, type ProofWish } from './endpoint-proof.ts';

const origin = 'webhooks.example.com';
const cloudevents: ProofWish = { method: 'cloudevents', origin };
const challenge: ProofWish = { method: 'challenge', origin: null };

function answer(code: number, headers: Readonly<Record<string, string>> = {}, body = ''): AttemptResult {
  return { kind: 'answer', code, headers, bodySample: Buffer.from(body), bodyTruncated: false, latencyMs: 1 };
}

const allowing = (value: string, more: object = {}) => answer(200, { 'webhook-allowed-origin': value, ...more });

describe('cloudevents', () => {
  test.each([
    ['everybody', allowing('*'), null],
    ['us', allowing(origin), null],
    ['us, written otherwise', allowing(' WebHooks.Example.com '), null],
    ['with 204', answer(204, { 'webhook-allowed-origin': '*' }), null],
    ['so many in a minute', allowing('*', { 'webhook-allowed-rate': '120' }), 120],
    ['as many as come', allowing(origin, { 'webhook-allowed-rate': '*' }), null],
  ])('an endpoint that allows %s is proven', (_, result, allowedPerMinute) => {
    expect(judgeProof(cloudevents, '', result)).toEqual({ isProven: true, allowedPerMinute });
  });

  test.each([
    [
      'allows another',
      allowing('other.example.com'),
      "'other.example.com', which is neither * nor webhooks.example.com",
    ],
    ['allows several', allowing(`other.example.com, ${origin}`), 'which is neither'],
    ['allows nobody', answer(200), 'has no WebHook-Allowed-Origin'],
    ['allows it empty', allowing(''), 'has no WebHook-Allowed-Origin'],
    ['takes no OPTIONS', answer(405, { allow: 'POST' }), 'it answered 405: it does not take OPTIONS'],
    [
      'redirects',
      answer(302, { location: 'https://a.example', 'webhook-allowed-origin': '*' }),
      'redirects are not followed',
    ],
    ['fails while it allows', answer(500, { 'webhook-allowed-origin': '*' }), 'it answered 500, which is no 2xx'],
    ['allows none in a minute', allowing('*', { 'webhook-allowed-rate': '0' }), "its WebHook-Allowed-Rate is '0'"],
    ['says no number', allowing('*', { 'webhook-allowed-rate': 'a lot' }), "its WebHook-Allowed-Rate is 'a lot'"],
    ['writes controls', allowing('\u001b[31m'), "'?[31m'"],
  ])('one that %s proves nothing', (_, result, problem) => {
    expect(judgeProof(cloudevents, '', result)).toEqual({ isProven: false, problem: expect.stringContaining(problem) });
  });

  test('is asked by OPTIONS as whom, and how much comes where that is limited', () => {
    const asked = (ratePerSecond: number | null) =>
      proofRequest(cloudevents, { webhookId: 'wh_1', challenge: 'c', ratePerSecond });
    expect(asked(null)).toEqual({
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': origin },
      body: Buffer.alloc(0),
    });
    expect(asked(0.01).headers['webhook-request-rate']).toBe('1');
    expect(asked(20).headers['webhook-request-rate']).toBe('1200');
  });
});

describe('challenge', () => {
  const { body } = proofRequest(challenge, { webhookId: 'wh_1', challenge: 'abc', ratePerSecond: 1 });

  test.each(['abc', ' abc\n', '"abc"', '{"challenge":"abc"}', '{ "challenge": "abc" }'])('%j proves it', (said) => {
    expect(judgeProof(challenge, 'abc', answer(200, {}, said))).toEqual({ isProven: true, allowedPerMinute: null });
  });

  test.each([
    '',
    'ok',
    'abd',
    'abcd',
    '{"challenge":"abd"}',
    '{"challenge":["abc"]}',
    '{"challenge":"abc","type":"webhook.verification"}',
    body.toString(),
    `<pre>abc</pre>`,
  ])('%j proves nothing', (said) => {
    expect(judgeProof(challenge, 'abc', answer(200, {}, said)).isProven).toBe(false);
  });

  test('what no answer came to is said as it is', () => {
    const error: AttemptResult = { kind: 'error', errorKind: 'timeout', message: 'no answer in time', latencyMs: 5 };
    expect(judgeProof(challenge, 'abc', error)).toEqual({ isProven: false, problem: 'no answer in time' });
    expect(judgeProof(challenge, 'abc', answer(404, {}, 'abc'))).toMatchObject({
      problem: 'it answered 404, which is no 2xx',
    });
  });
});

test.each([cloudevents, challenge])('how it is asked travels: %j', (wish) => {
  expect(readProofWish(proofWishBody(wish))).toEqual(wish);
});

test.each(['', '{}', 'null', '{"method":"post"}', '{"method":"cloudevents"}'])(
  '%j asks nothing that is known',
  (body) => {
    expect(readProofWish(Buffer.from(body))).toBeNull();
  },
);

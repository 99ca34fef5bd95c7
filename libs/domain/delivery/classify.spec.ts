import { describe, expect, test } from '@jest/globals';
import { noAnswerCodes, type AnswerCodes } from './answer-codes.ts';
import type { AttemptAnswer, AttemptResult } from './attempt.ts';
import { classify } from './classify.ts';
import type { AttemptErrorKind } from './outcome-reason.ts';

const now = Date.UTC(2026, 0, 15, 12, 0, 0);

function answer(code: number, headers: Record<string, string> = {}): AttemptAnswer {
  return { kind: 'answer', code, headers, bodySample: Buffer.alloc(0), bodyTruncated: false, latencyMs: 5 };
}

function failure(errorKind: AttemptErrorKind): AttemptResult {
  return { kind: 'error', errorKind, message: 'why', latencyMs: 5 };
}

describe('an answer', () => {
  test.each([
    [200, 'delivered', null],
    [201, 'delivered', null],
    [204, 'delivered', null],
    [299, 'delivered', null],
    [300, 'failed_retryable', 'http'],
    [302, 'failed_retryable', 'http'],
    [308, 'failed_retryable', 'http'],
    [400, 'failed_permanent', 'rejected'],
    [401, 'failed_permanent', 'rejected'],
    [404, 'failed_permanent', 'rejected'],
    [407, 'failed_permanent', 'rejected'],
    [408, 'failed_retryable', 'http'],
    [409, 'failed_permanent', 'rejected'],
    [410, 'failed_permanent', 'gone'],
    [413, 'failed_permanent', 'rejected'],
    [422, 'failed_permanent', 'rejected'],
    [425, 'failed_retryable', 'http'],
    [429, 'failed_retryable', 'http'],
    [451, 'failed_permanent', 'rejected'],
    [499, 'failed_permanent', 'rejected'],
    [500, 'failed_retryable', 'http'],
    [501, 'failed_retryable', 'http'],
    [503, 'failed_retryable', 'http'],
    [599, 'failed_retryable', 'http'],
    [999, 'failed_retryable', 'http'],
  ] as const)('%i is %s, reason %s', (code, status, reason) => {
    expect(classify(answer(code), now)).toMatchObject({ status, reason });
  });

  test.each([401, 403, 404, 407, 421, 423])('#3 of %i may be tried again for a while', (code) => {
    const rules = { retryAfterMsMax: 1000, isRefusalPassing: true, codes: noAnswerCodes };
    const verdict = classify(answer(code), now, rules);
    expect(verdict).toMatchObject({ status: 'failed_retryable', reason: 'http' });
    expect(verdict.message).toBe('the endpoint may refuse for a while only, so this is tried again before it is final');
    expect(classify(answer(400), now, rules)).toMatchObject({ status: 'failed_permanent', reason: 'rejected' });
  });

  test('of 2xx whose body was cut is delivered', () => {
    expect(classify({ ...answer(200), bodyTruncated: true }, now).status).toBe('delivered');
  });

  test('of 410 disables the webhook, another 4xx does not', () => {
    expect(classify(answer(410), now).disableWebhook).toBe('gone');
    expect(classify(answer(404), now).disableWebhook).toBeNull();
  });

  test('that redirects says where it pointed', () => {
    const verdict = classify(answer(307, { location: 'http://10.0.0.1/admin' }), now);
    expect(verdict.message).toBe('redirects are not followed: it pointed to http://10.0.0.1/admin');
    expect(classify(answer(304), now).message).toBe('redirects are not followed');
  });

  test('that redirects to something endless says only its beginning', () => {
    expect(classify(answer(302, { location: 'x'.repeat(9000) }), now).message).toHaveLength(543);
  });
});

describe('Retry-After', () => {
  test.each([
    [429, '7', 7000],
    [503, '7', 7000],
    [503, 'Thu, 15 Jan 2026 12:00:30 GMT', 30_000],
    [429, '999999', 86_400_000],
    [429, '-7', null],
    [429, 'tomorrow', null],
    [500, '7', null],
    [502, '7', null],
    [302, '7', null],
    [408, '7', null],
  ] as const)('on %i with %j asks for %j ms', (code, value, expected) => {
    expect(classify(answer(code, { 'retry-after': value }), now).retryAfterMs).toBe(expected);
  });
});

describe('webhook-delivery', () => {
  test.each([
    [500, 'disable', 'failed_permanent', 'gone', 'gone'],
    [429, ' Disable ', 'failed_permanent', 'gone', 'gone'],
    [404, 'disable', 'failed_permanent', 'gone', 'gone'],
    [200, 'disable', 'delivered', null, 'gone'],
    [500, 'abort', 'failed_permanent', 'aborted', null],
    [500, 'abort-message', 'failed_permanent', 'aborted', null],
    [302, 'abort', 'failed_permanent', 'aborted', null],
    [200, 'abort', 'delivered', null, null],
    [500, 'pause', 'failed_retryable', 'http', null],
  ] as const)('on %i with %j: %s, reason %s, disables %s', (code, value, status, reason, disableWebhook) => {
    expect(classify(answer(code, { 'webhook-delivery': value }), now)).toMatchObject({
      status,
      reason,
      disableWebhook,
    });
  });
});

describe('what a webhook says of its answers', () => {
  const codes: AnswerCodes<string> = {
    successCodes: ['302', '409', '4xx'],
    retryOn: ['404', '410'],
    failOn: ['3xx', '503'],
  };
  const judged = (code: number, headers: Record<string, string> = {}, isRefusalPassing = false) =>
    classify(answer(code, headers), now, { retryAfterMsMax: 60_000, isRefusalPassing, codes });

  test.each([
    [200, 'delivered', null, null],
    [302, 'delivered', null, '302 is a success by successCodes of the webhook'],
    [409, 'delivered', null, '409 is a success by successCodes of the webhook'],
    [429, 'delivered', null, '429 is a success by successCodes of the webhook'],
    [404, 'failed_retryable', 'http', '404 is tried again by retryOn of the webhook'],
    [410, 'failed_retryable', 'http', '410 is tried again by retryOn of the webhook'],
    [301, 'failed_permanent', 'rejected', '301 is final by failOn of the webhook'],
    [503, 'failed_permanent', 'rejected', '503 is final by failOn of the webhook'],
    [500, 'failed_retryable', 'http', null],
  ] as const)('#11 %i is %s, reason %s, and says so', (code, status, reason, message) => {
    expect(judged(code)).toMatchObject({ status, reason, message, disableWebhook: null });
  });

  test('no class covers 410', () => {
    for (const lists of [{ successCodes: ['4xx'] }, { retryOn: ['4xx'] }, { failOn: ['4xx'] }]) {
      const rules = { retryAfterMsMax: 1000, isRefusalPassing: false, codes: { ...noAnswerCodes, ...lists } };
      expect(classify(answer(410), now, rules)).toMatchObject({
        reason: 'gone',
        disableWebhook: 'gone',
        message: null,
      });
    }
  });

  test('a redirect that is a success says where it pointed', () => {
    const { message } = judged(302, { location: 'https://example.com/done' });
    expect(message).toBe(
      '302 is a success by successCodes of the webhook; redirects are not followed: it pointed to https://example.com/done',
    );
  });

  test('Retry-After of what is tried again is followed, as far as the operator lets it be', () => {
    expect(judged(404, { 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7000 });
    expect(judged(404, { 'retry-after': '3600' })).toMatchObject({ retryAfterMs: 60_000 });
  });

  test('the word of the endpoint comes before what is tried again, as with any other failure', () => {
    expect(judged(404, { 'webhook-delivery': 'abort' })).toMatchObject({ reason: 'aborted' });
    expect(judged(503, { 'webhook-delivery': 'disable' })).toMatchObject({ reason: 'gone', disableWebhook: 'gone' });
    expect(judged(302, { 'webhook-delivery': 'disable' })).toMatchObject({
      status: 'delivered',
      disableWebhook: 'gone',
    });
  });

  test('what is final is so without the grace of a refusal', () => {
    const rules = { retryAfterMsMax: 1000, isRefusalPassing: true, codes: { ...noAnswerCodes, failOn: ['404'] } };
    expect(classify(answer(404), now, rules)).toMatchObject({ status: 'failed_permanent', reason: 'rejected' });
    expect(classify(answer(403), now, rules)).toMatchObject({ status: 'failed_retryable' });
  });
});

describe('an error', () => {
  test.each(['timeout', 'dns', 'connect', 'tls', 'reset'] as const)('of %s may be tried again', (kind) => {
    expect(classify(failure(kind), now)).toEqual({
      status: 'failed_retryable',
      reason: kind,
      retryAfterMs: null,
      disableWebhook: null,
      message: 'why',
    });
  });

  test('of a refused address is the end', () => {
    expect(classify(failure('refused-address'), now)).toMatchObject({
      status: 'failed_permanent',
      reason: 'refused_address',
      disableWebhook: null,
      message: 'why',
    });
  });
});

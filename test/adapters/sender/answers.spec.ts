/** What is read of an answer, what is kept of it, and what becomes of its connection. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { AttemptAnswer, AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import { classify } from '../../../libs/domain/delivery/classify.ts';
import { startEndless } from '../../support/receivers/hostile-receivers.ts';
import { startReceiver, type Respond } from '../../support/receivers/recording-receiver.ts';
import { controlling, failing, redirecting, throttling } from '../../support/receivers/responses.ts';
import { closeAll, makeSender, post, track } from './sender-factory.ts';

afterEach(closeAll);

function answerOf(result: AttemptResult): AttemptAnswer {
  if (result.kind !== 'answer') throw new Error(`no answer: ${result.message}`);
  return result;
}

async function answerTo(respond: Respond): Promise<AttemptAnswer> {
  const receiver = track(await startReceiver({ respond }));
  return answerOf(await makeSender().send(post(receiver.url)));
}

describe('the request', () => {
  test('is a POST to the path and query with the very bytes and headers', async () => {
    const receiver = track(await startReceiver());
    const body = Buffer.from([0x7b, 0x7d, 0x00, 0xff, 0xfe]);
    const headers = { 'Content-Type': 'application/json', 'X-Tenant': 'caf\u00e9' };
    await makeSender().send(post(`${receiver.url}/hooks/%C3%BC?a=1&b=%20`, { headers, body }));
    const [request] = receiver.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/hooks/%C3%BC?a=1&b=%20', body });
    expect(request?.headers).toMatchObject({
      host: `127.0.0.1:${receiver.port}`,
      'content-type': 'application/json',
      'content-length': '5',
      'x-tenant': 'caf\u00e9',
    });
    expect(request?.headers['transfer-encoding']).toBeUndefined();
  });

  test('of no bytes says so', async () => {
    const receiver = track(await startReceiver());
    await makeSender().send(post(receiver.url, { body: Buffer.alloc(0) }));
    expect(receiver.requests[0]?.headers['content-length']).toBe('0');
  });

  test('of the largest event arrives whole', async () => {
    const receiver = track(await startReceiver());
    const body = Buffer.alloc(256 * 1024, 'x');
    await makeSender().send(post(receiver.url, { body }));
    expect(receiver.requests[0]?.body.equals(body)).toBe(true);
  });
});

describe('the answer', () => {
  test('is kept with its headers in lower case, repeated ones joined, credentials masked', async () => {
    const answer = await answerTo(() => ({
      status: 201,
      headers: { 'X-One': 'a', 'X-Many': ['b', 'c'], 'Set-Cookie': 'session=s3cret', 'X-Api-Key': 's3cret' },
      body: 'made',
    }));
    expect(answer).toMatchObject({ code: 201, bodySample: Buffer.from('made'), bodyTruncated: false });
    expect(answer.headers).toMatchObject({
      'x-one': 'a',
      'x-many': 'b, c',
      'set-cookie': '********',
      'x-api-key': '********',
    });
  });

  test('without a body has an empty sample', async () => {
    const answer = await answerTo(() => ({ status: 204, body: '' }));
    expect(answer).toMatchObject({ code: 204, bodySample: Buffer.alloc(0), bodyTruncated: false });
  });

  test.each([
    [4096, 4096, false],
    [4097, 4096, true],
    [16_384, 4096, true],
  ])('of %i bytes is kept to %i, truncated: %s, and its connection is used again', async (bytes, kept, truncated) => {
    const body = Buffer.alloc(bytes, Buffer.from([0, 0xff, 0x80, 0x0a]));
    const receiver = track(await startReceiver({ respond: () => ({ body }) }));
    const sender = makeSender();
    for (let n = 0; n < 2; n++) {
      const answer = answerOf(await sender.send(post(receiver.url)));
      expect(answer.bodySample.equals(body.subarray(0, kept))).toBe(true);
      expect(answer.bodyTruncated).toBe(truncated);
    }
    expect(receiver.connections).toBe(1);
  });

  test('over 16 KiB is an answer all the same, and its connection is not used again', async () => {
    const receiver = track(await startReceiver({ respond: () => ({ body: Buffer.alloc(16_385) }) }));
    const sender = makeSender();
    for (let n = 0; n < 2; n++) {
      expect(answerOf(await sender.send(post(receiver.url)))).toMatchObject({ code: 200, bodyTruncated: true });
    }
    expect(receiver.connections).toBe(2);
  });

  test.each([
    [200, 'delivered'],
    [500, 'failed_retryable'],
  ])('without an end is cut at once: %i is %s', async (status, expected) => {
    const receiver = track(await startEndless(status));
    const sender = makeSender();
    const answer = answerOf(await sender.send(post(receiver.url, { timeoutMs: 30_000 })));
    expect(answer).toMatchObject({ code: status, bodyTruncated: true });
    expect(answer.bodySample).toHaveLength(4096);
    expect(answer.latencyMs).toBeLessThan(15_000);
    expect(classify(answer, Date.now()).status).toBe(expected);
    await receiver.whenLeft();
    expect(sender.connections).toBe(0);
  });
});

describe('what the answer means', () => {
  test('a failing endpoint is tried again', async () => {
    expect(classify(await answerTo(failing(500)), 0)).toMatchObject({ status: 'failed_retryable', reason: 'http' });
  });

  test('an endpoint that asks for time gets it', async () => {
    expect(classify(await answerTo(throttling('3')), 0)).toMatchObject({ retryAfterMs: 3000 });
  });

  test('an endpoint that asks for no more gets no more', async () => {
    expect(classify(await answerTo(controlling('disable')), 0)).toMatchObject({ disableWebhook: 'gone' });
    expect(classify(await answerTo(controlling('abort-message')), 0)).toMatchObject({ reason: 'aborted' });
  });

  test('a redirect is not followed, and told', async () => {
    const inside = track(await startReceiver());
    const answer = await answerTo(redirecting(`${inside.url}/admin`, 307));
    expect(answer.code).toBe(307);
    expect(classify(answer, 0).message).toBe(`redirects are not followed: it pointed to ${inside.url}/admin`);
    expect(inside.requests).toHaveLength(0);
  });
});

/** One deadline over everything that an attempt does, whatever the endpoint does to stretch it. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import type { HttpSender } from '../../../libs/sender/http-attempt.ts';
import {
  startDripping,
  startDrippingHeaders,
  startHanging,
  startSaying,
  startUnaccepting,
  type HostileReceiver,
} from '../../support/receivers/hostile-receivers.ts';
import { listen, startReceiver } from '../../support/receivers/recording-receiver.ts';
import { slow } from '../../support/receivers/responses.ts';
import { closeAll, everythingIsLoopback, makeSender, post, track } from './sender-factory.ts';

const timeoutMs = 300;
/** A busy machine wakes late. What has no deadline hangs. */
const lateMsMax = 10_000;
afterEach(closeAll);

function expectTimeout(result: AttemptResult, words: string): void {
  expect(result).toMatchObject({ kind: 'error', errorKind: 'timeout' });
  expect(result.kind === 'error' && result.message).toBe(`no answer within ${timeoutMs} ms: ${words}`);
  expect(result.latencyMs).toBeGreaterThanOrEqual(timeoutMs - 1);
  expect(result.latencyMs).toBeLessThan(timeoutMs + lateMsMax);
}

describe('an endpoint that', () => {
  test.each<[string, () => Promise<HostileReceiver>, string]>([
    ['never answers', startHanging, 'the request was sent, nothing came back'],
    ['drips its headers', () => startDrippingHeaders(20), 'the answer began and did not end'],
    [
      'says only 103 Early Hints',
      () => startSaying('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
      'the answer began and did not end',
    ],
  ])('%s is a timeout, and its connection is ended', async (_what, start, words) => {
    const receiver = track(await start());
    const sender = makeSender();
    expectTimeout(await sender.send(post(receiver.url, { timeoutMs })), words);
    await receiver.whenLeft();
    expect(sender.connections).toBe(0);
  });

  test('drips its 200 a byte at a time has answered when the deadline is over, and its connection is ended', async () => {
    const receiver = track(await startDripping(20));
    const sender = makeSender();
    const result = await sender.send(post(receiver.url, { timeoutMs }));
    expect(result).toMatchObject({ kind: 'answer', code: 200, bodyTruncated: true, flaw: expect.any(String) });
    expect(result.latencyMs).toBeGreaterThanOrEqual(timeoutMs - 1);
    expect(result.latencyMs).toBeLessThan(timeoutMs + lateMsMax);
    await receiver.whenLeft();
    expect(sender.connections).toBe(0);
  });

  test('answers slowly, but in time, has answered', async () => {
    const receiver = track(await startReceiver({ respond: slow(200) }));
    const result = await makeSender().send(post(receiver.url, { timeoutMs: lateMsMax }));
    expect(result).toMatchObject({ kind: 'answer', code: 200 });
    expect(result.latencyMs).toBeGreaterThanOrEqual(195);
    expect(result.latencyMs).toBeLessThan(lateMsMax);
  });
});

describe('the deadline covers', () => {
  test('resolving the name', async () => {
    const sender = makeSender({}, () => new Promise(() => undefined));
    expectTimeout(await sender.send(post('http://never.example/', { timeoutMs })), 'the name was not resolved');
    expect(sender.connections).toBe(0);
  });

  test('connecting', async () => {
    const receiver = track(await startUnaccepting());
    const sender = makeSender();
    expectTimeout(await sender.send(post(receiver.url, { timeoutMs })), 'no connection was made');
    expect(sender.connections).toBe(0);
  });

  test('the TLS handshake', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    const port = await listen(silent);
    track({
      close: () =>
        new Promise((resolve) =>
          silent.close(() => {
            resolve();
          }),
        ),
    });
    const result = await makeSender().send(post(`https://127.0.0.1:${port}/`, { timeoutMs }));
    expectTimeout(result, 'the TLS handshake did not end');
  });

  test('waiting for a connection', async () => {
    const receiver = track(await startHanging());
    const sender = makeSender({ connectionsPerOriginMax: 1 });
    const first = sender.send(post(receiver.url, { timeoutMs: 3 * timeoutMs }));
    expectTimeout(await sender.send(post(receiver.url, { timeoutMs })), 'every connection to this origin was in use');
    expect(receiver.connections).toBe(1);
    expect(await first).toMatchObject({ errorKind: 'timeout' });
  });
});

test('an attempt that waited gets the connection when the one before it ends', async () => {
  const receiver = track(await startReceiver({ respond: slow(50) }));
  const sender = makeSender({ connectionsPerOriginMax: 2 });
  const results = await Promise.all(Array.from({ length: 6 }, () => sender.send(post(receiver.url))));
  expect(results.every((result) => result.kind === 'answer')).toBe(true);
  expect(receiver.connections).toBe(2);
});

test('a connection is opened for who waits when the one before it had to be ended', async () => {
  const receiver = track(await startHanging());
  const sender: HttpSender = makeSender({ connectionsPerOriginMax: 1 });
  const results = await Promise.all([1, 2, 3].map((n) => sender.send(post(receiver.url, { timeoutMs: n * 400 }))));
  expect(results.map((result) => result.kind === 'error' && result.message)).toEqual([
    'no answer within 400 ms: the request was sent, nothing came back',
    'no answer within 800 ms: the request was sent, nothing came back',
    'no answer within 1200 ms: the request was sent, nothing came back',
  ]);
  expect(receiver.connections).toBe(3);
});

test('a process that was frozen while it connected sends nothing once its deadline is over', async () => {
  const receiver = track(await startReceiver());
  // Of the clock of intervals, as it is after a stop of the whole process; timers have not had their turn yet.
  const now = performance.now.bind(performance);
  const frozenMs = jest.spyOn(performance, 'now');
  const farMs = 20_000;
  try {
    const sender = makeSender({}, async () => {
      await Promise.resolve();
      frozenMs.mockImplementation(() => now() + farMs);
      return everythingIsLoopback('');
    });
    const url = receiver.url.replace('127.0.0.1', 'frozen.example');
    const result = await sender.send(post(url, { timeoutMs: farMs }));
    expect(result).toMatchObject({ kind: 'error', errorKind: 'timeout' });
    // Not by the timer, which has most of its time before it.
    expect(result.latencyMs).toBeLessThan(2 * farMs);
    await new Promise((resolve) => setTimeout(resolve, timeoutMs));
    expect(receiver.requests).toEqual([]);
  } finally {
    frozenMs.mockRestore();
  }
});

/** Endpoints that break off, lie about HTTP, or are not there: each an error of its kind, none a crash. */
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  startClosingReused,
  startHalfClosing,
  startResetting,
  startSaying,
  type HostileReceiver,
} from '../../support/receivers/hostile-receivers.ts';
import { startReceiver } from '../../support/receivers/recording-receiver.ts';
import { closeAll, makeSender, post, track } from './sender-factory.ts';

afterEach(closeAll);

describe('an endpoint that', () => {
  test.each<[string, () => Promise<HostileReceiver>, string]>([
    ['resets when it has the request', () => startResetting(), 'the connection was closed before an answer came'],
    [
      'resets in the middle of its answer',
      () => startResetting('answering'),
      'the connection was closed in the middle of the answer',
    ],
    ['closes its half without an answer', () => startHalfClosing(), 'the connection was closed before an answer came'],
    [
      'closes its half in the middle of an answer',
      () => startHalfClosing('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'),
      'the connection was closed in the middle of the answer',
    ],
    ['says something else than HTTP', () => startSaying('SSH-2.0-OpenSSH_9.6\r\n'), 'the answer is not HTTP/1.1'],
    [
      'switches protocols unasked',
      () => startSaying('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      'the connection was closed in the middle of the answer',
    ],
    [
      'sends headers without an end',
      () => startSaying(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`),
      'the headers of the answer are over 16 KiB',
    ],
    [
      'sends two lengths',
      () => startSaying('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!'),
      'the answer is not as long as its content-length',
    ],
  ])('%s is a reset', async (_what, start, words) => {
    const receiver = track(await start());
    const sender = makeSender();
    const result = await sender.send(post(receiver.url, { timeoutMs: 3000 }));
    expect(result).toMatchObject({ kind: 'error', errorKind: 'reset', message: expect.stringContaining(words) });
    expect(result.latencyMs).toBeLessThan(1500);
    await receiver.whenLeft();
    expect(receiver.connections).toBe(1);
  });

  test('resets what it accepted is an error, before or after the request went out', async () => {
    const receiver = track(await startResetting('connected'));
    const result = await makeSender().send(post(receiver.url));
    expect(result).toMatchObject({ kind: 'error', errorKind: expect.stringMatching(/^(connect|reset)$/) });
  });

  test('is not there refuses the connection', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    const result = await makeSender().send(post(receiver.url));
    expect(result).toMatchObject({ errorKind: 'connect', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('answers more than it was asked is answered, and its connection is not trusted again', async () => {
    const twice = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil';
    const receiver = track(await startSaying(twice));
    const sender = makeSender();
    for (let n = 0; n < 3; n++) {
      expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200, bodySample: Buffer.from('ok') });
    }
    expect(receiver.connections).toBe(3);
  });
});

describe('a connection that was kept', () => {
  test('carries the next attempts', async () => {
    const receiver = track(await startReceiver());
    const sender = makeSender();
    for (let n = 0; n < 5; n++) await sender.send(post(receiver.url));
    expect(receiver.connections).toBe(1);
    expect(sender.connections).toBe(1);
  });

  test('and was closed as it was used again costs no attempt', async () => {
    const receiver = track(await startClosingReused());
    const sender = makeSender();
    for (let n = 0; n < 4; n++) expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200 });
    expect(receiver.connections).toBe(4);
  });

  test('is let go when it is idle for long, and its origin with it', async () => {
    const receiver = track(await startReceiver());
    const sender = makeSender({ keepAliveMs: 50 });
    await sender.send(post(receiver.url));
    expect(sender.connections).toBe(1);
    while (sender.connections > 0) await new Promise(setImmediate);
    expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200 });
    expect(receiver.connections).toBe(2);
  });

  test('is closed when the endpoint says so', async () => {
    const receiver = track(await startReceiver({ respond: () => ({ headers: { connection: 'close' } }) }));
    const sender = makeSender();
    for (let n = 0; n < 2; n++) expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200 });
    expect(receiver.connections).toBe(2);
  });

  test('makes room when there are too many origins, the one used longest ago first', async () => {
    const receivers = await Promise.all([1, 2, 3].map(async () => track(await startReceiver())));
    const sender = makeSender({ originsMax: 2 });
    const [a, b, c] = receivers.map(({ url }) => url) as [string, string, string];
    for (const url of [a, b, a, c, a, b]) await sender.send(post(url));
    expect(receivers.map((receiver) => receiver.connections)).toEqual([1, 2, 1]);
    expect(sender.connections).toBe(2);
  });
});

test('one origin’s trouble is no other’s', async () => {
  const [well, broken] = [track(await startReceiver()), track(await startResetting())];
  const sender = makeSender();
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, n) => sender.send(post(n % 2 === 0 ? well.url : broken.url))),
  );
  expect(results.filter((result) => result.kind === 'answer')).toHaveLength(20);
  expect(results.filter((result) => result.kind === 'error')).toHaveLength(20);
});

describe('a sender that is closed', () => {
  test('ends its connections and what is in flight', async () => {
    const receiver = track(await startReceiver({ respond: () => ({ delayMs: 60_000 }) }));
    const idle = track(await startReceiver());
    const sender = makeSender();
    await sender.send(post(idle.url));
    const inFlight = sender.send(post(receiver.url));
    await receiver.waitFor(1);
    await sender.close();
    expect(await inFlight).toMatchObject({ errorKind: 'reset', message: 'the sender was closed' });
    expect(await sender.send(post(idle.url))).toMatchObject({ errorKind: 'connect', message: 'the sender is closed' });
    expect(idle.requests).toHaveLength(1);
  });
});

/** Endpoints that break off, lie about HTTP, or are not there: each an error of its kind, none a crash. */
import { Socket } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  startClosingReused,
  startHalfClosing,
  startResetting,
  startSaying,
  startSayingInPieces,
  type HostileReceiver,
} from '../../support/receivers/hostile-receivers.ts';
import { startReceiver } from '../../support/receivers/recording-receiver.ts';
import { closeAll, makeSender, post, track } from './sender-factory.ts';

afterEach(closeAll);

describe('an endpoint that', () => {
  test.each<[string, () => Promise<HostileReceiver>, string]>([
    ['resets when it has the request', () => startResetting(), 'the connection was closed before an answer came'],
    ['closes its half without an answer', () => startHalfClosing(), 'the connection was closed before an answer came'],
    [
      'resets in the middle of its headers',
      () => startHalfClosing('HTTP/1.1 200 OK\r\ncontent-le'),
      'the connection was closed in the middle of the answer',
    ],
    ['says something else than HTTP', () => startSaying('SSH-2.0-OpenSSH_9.6\r\n'), 'the answer is not HTTP/1.1'],
    [
      'switches protocols unasked',
      () => startSaying('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      'the answer is 101 Switching Protocols, which was not requested',
    ],
    [
      'sends headers without an end',
      () => startSaying(`HTTP/1.1 500 No\r\nx-long: ${'x'.repeat(70_000)}\r\n\r\n`),
      'the headers of the answer are over 64 KiB',
    ],
    [
      'sends two lengths',
      () => startSaying('HTTP/1.1 400 No\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!'),
      'the answer is not as long as its content-length',
    ],
  ])('%s is a reset', async (_what, start, words) => {
    const receiver = track(await start());
    const sender = makeSender();
    const result = await sender.send(post(receiver.url, { timeoutMs: 30_000 }));
    expect(result).toMatchObject({ kind: 'error', errorKind: 'reset', message: expect.stringContaining(words) });
    expect(result.latencyMs).toBeLessThan(15_000);
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

  test.each([0, 80])(
    '#53 and dies %d ms after it took a request is an error: nothing is posted twice',
    async (afterMs) => {
      const receiver = track(await startClosingReused(afterMs));
      const sender = makeSender();
      const results = [];
      for (let n = 0; n < 4; n++) results.push(await sender.send(post(receiver.url)));
      const died = { errorKind: 'reset', message: 'the connection was closed before an answer came' };
      expect(results).toMatchObject([{ code: 200 }, died, { code: 200 }, died]);
      for (const result of results) expect(result).not.toHaveProperty('wasSentAgain');
      expect(receiver.connections).toBe(2);
    },
  );

  test.each(['EPIPE', 'ECONNRESET'])(
    '#53 and takes nothing any more (%s) costs no attempt, which says so',
    async (code) => {
      const receiver = track(await startReceiver());
      const sender = makeSender();
      expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200 });
      const refused = Object.assign(new Error(`write ${code}`), { code, syscall: 'write' });
      const write = jest
        .spyOn(Socket.prototype as Required<Socket>, '_writev')
        .mockImplementationOnce((_chunks, told) => {
          told(refused);
        });
      try {
        expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200, wasSentAgain: true });
        expect(write).toHaveBeenCalled();
      } finally {
        write.mockRestore();
      }
      expect([receiver.requests.length, receiver.connections]).toEqual([2, 2]);
    },
  );

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

describe('interim answers', () => {
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  test.each<[string, string]>([
    ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['100 Continue with headers, twice', 'HTTP/1.1 100 \r\nx-note: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'],
    ['102 and 103, then 100', 'HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nlink: </a>\r\n\r\nHTTP/1.1 100 C\r\n\r\n'],
  ])('%s before the answer change nothing, and the connection goes on', async (_name, interim) => {
    for (const pieceBytes of [1, 13, 1_000]) {
      const receiver = track(await startSayingInPieces(`${interim}${ok}`, pieceBytes));
      const sender = makeSender();
      for (let n = 0; n < 3; n++) {
        expect(await sender.send(post(receiver.url))).toMatchObject({ code: 200, bodySample: Buffer.from('ok') });
      }
      expect(receiver.connections).toBe(1);
    }
  });

  test('without an end are no HTTP, and one that nothing follows is no answer', async () => {
    const endless = track(await startSaying(`HTTP/1.1 100 Continue\r\nx: ${'x'.repeat(70_000)}`));
    expect(await makeSender().send(post(endless.url))).toMatchObject({ errorKind: 'reset' });
    const alone = track(await startSaying('HTTP/1.1 100 Continue\r\n\r\n'));
    expect(await makeSender().send(post(alone.url, { timeoutMs: 200 }))).toMatchObject({ errorKind: 'timeout' });
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

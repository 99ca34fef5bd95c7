/** The status of an answer counts, whatever becomes of the rest: nothing is posted again for how an answer ends. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { classify } from '../../../libs/domain/delivery/classify.ts';
import {
  startDripping,
  startHalfClosing,
  startRefusingUnread,
  startResetting,
  startSaying,
  startSayingInPieces,
  type HostileReceiver,
} from '../../support/receivers/hostile-receivers.ts';
import { closeAll, makeSender, post, track } from './sender-factory.ts';

afterEach(closeAll);

const unended = 'the status of the answer came, the end of its body did not';
const cut = 'the status of the answer came, but not all of its body';
const broken = 'the status of the answer counts, the rest of it breaks HTTP';

test.each<[string, () => Promise<HostileReceiver>, string]>([
  [
    '#26 whose body is shorter than its length',
    () => startSaying('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok'),
    unended,
  ],
  [
    '#26 whose chunks do not end',
    () => startSaying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
    unended,
  ],
  ['#26 whose body comes too slowly', () => startDripping(20), unended],
  ['#26 that is closed early', () => startHalfClosing('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok'), cut],
  [
    '#26 that is closed early, in chunks',
    () => startHalfClosing('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
    cut,
  ],
  ['#26 that is reset', () => startResetting('answering'), cut],
  [
    '#25 that is chunked and has a length',
    () => startSaying('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    broken,
  ],
  [
    '#25 with its length twice',
    () => startSaying('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'),
    broken,
  ],
  [
    '#25 with its length twice in one line',
    () => startSaying('HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok'),
    broken,
  ],
  [
    '#25 with its length twice, in pieces of a byte',
    () => startSayingInPieces('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok', 1),
    broken,
  ],
  ['#25 whose chunk has no size', () => startSaying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nok'), broken],
  ['of a version that is none', () => startSaying('HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok'), broken],
  ['in small letters', () => startSaying('http/1.1 200 ok\r\nContent-Length: 2\r\n\r\nok'), broken],
  ['with a header over two lines', () => startSaying('HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'), broken],
  ['whose lines end without CR', () => startSaying('HTTP/1.1 201 Created\nContent-Length: 2\n\nok'), broken],
  ['#25 with a header that is none', () => startSaying('HTTP/1.1 202 Accepted\r\nX Y: 1\r\n\r\n'), broken],
  ['#47 with headers over 64 KiB', () => startSaying(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`), broken],
])('a 2xx %s is delivered, says so, and its connection is thrown away', async (_what, start, words) => {
  const receiver = track(await start());
  const sender = makeSender();
  const result = await sender.send(post(receiver.url, { timeoutMs: 500 }));
  expect(result).toMatchObject({ kind: 'answer', bodyTruncated: true, flaw: expect.stringContaining(words) });
  expect(classify(result, 0)).toMatchObject({ status: 'delivered' });
  await receiver.whenLeft();
  expect([receiver.connections, sender.connections]).toEqual([1, 0]);
});

test('#63 an answer that comes before the body was read counts, though the connection is reset', async () => {
  const receiver = track(await startRefusingUnread('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'));
  const result = await makeSender().send(post(receiver.url, { body: Buffer.alloc(900_000, 'x') }));
  expect(result).toMatchObject({ kind: 'answer', code: 413 });
  expect(classify(result, 0)).toMatchObject({ status: 'failed_permanent', reason: 'rejected' });
});

test('#11 what its webhook takes for a success counts as a 2xx does, whatever the rest of it is', async () => {
  const receiver = track(await startSaying('HTTP/1.1 302 Found\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'));
  const sender = makeSender();
  expect(await sender.send(post(receiver.url))).toMatchObject({ kind: 'error', errorKind: 'reset' });
  const codes = { successCodes: ['302'], retryOn: [], failOn: [] };
  const result = await sender.send(post(receiver.url, { codes }));
  expect(result).toMatchObject({ kind: 'answer', code: 302, bodyTruncated: true });
});

test('#47 headers of 20,000 bytes are read and cut, and the connection is used again', async () => {
  const policy = `Content-Security-Policy: ${'x'.repeat(20_000)}`;
  const receiver = track(await startSaying(`HTTP/1.1 200 OK\r\n${policy}\r\nContent-Length: 2\r\n\r\nok`));
  const sender = makeSender();
  for (let n = 0; n < 2; n++) {
    const result = await sender.send(post(receiver.url));
    expect(result).toMatchObject({ kind: 'answer', code: 200, bodyTruncated: false });
    expect(result.kind === 'answer' && JSON.stringify(result.headers).length).toBeLessThan(16_500);
  }
  expect(receiver.connections).toBe(1);
});

test('#18 an unasked 100 Continue that comes before the answer changes nothing', async () => {
  const bytes = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const receiver = track(await startSayingInPieces(bytes, 25));
  expect(await makeSender().send(post(receiver.url))).toMatchObject({ code: 200, bodySample: Buffer.from('ok') });
});

test.each([
  ['a status below 100', 'HTTP/1.1 000 Nil\r\nContent-Length: 0\r\n\r\n', 'its status is below 100'],
  ['what nobody asked for', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', '101 Switching'],
  ['HTTP/0.9', '<html>ok</html>', 'the answer is not HTTP/1.1'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2 200 \r\n', 'the answer is not HTTP/1.1'],
])('%s is no answer, in one plain line', async (_what, bytes, words) => {
  const receiver = track(await startSaying(bytes));
  const result = await makeSender().send(post(receiver.url));
  expect(result).toMatchObject({ kind: 'error', errorKind: 'reset', message: expect.stringContaining(words) });
  expect(result.kind === 'error' && result.message).not.toContain('\n');
});

describe('of another status', () => {
  test('a cut body changes nothing either: what it says is done', async () => {
    const late = track(await startHalfClosing('HTTP/1.1 503 Later\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\nno'));
    const result = await makeSender().send(post(late.url));
    expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable', reason: 'http', retryAfterMs: 7000 });
  });

  test('what breaks HTTP before its body is no answer: it is tried again', async () => {
    const both = 'Content-Length: 2\r\nContent-Length: 2\r\n\r\nno';
    const receiver = track(await startSaying(`HTTP/1.1 400 No\r\n${both}`));
    expect(await makeSender().send(post(receiver.url))).toMatchObject({ kind: 'error', errorKind: 'reset' });
  });
});

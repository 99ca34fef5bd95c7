/** Certificates are verified, always; a webhook may bring its own CA and its own client certificate. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { classify } from '../../../libs/domain/delivery/classify.ts';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { startExpired } from '../../support/receivers/expired-receiver.ts';
import { startReceiver } from '../../support/receivers/recording-receiver.ts';
import { closeAll, everythingIsLoopback, makeSender, post, track } from './sender-factory.ts';

const authority = createAuthority();
const trusting = { ca: authority.cert };
afterEach(closeAll);

describe('a certificate', () => {
  test('of the webhook’s own CA is accepted', async () => {
    const receiver = track(await startReceiver({ tls: authority.issue() }));
    expect(await makeSender().send(post(receiver.url, { tls: trusting }))).toMatchObject({ code: 200 });
  });

  test('of a name is accepted for that name', async () => {
    const receiver = track(await startReceiver({ tls: authority.issue({ names: ['hooks.example'], addresses: [] }) }));
    const sender = makeSender({}, everythingIsLoopback);
    const url = `https://hooks.example:${receiver.port}/`;
    expect(await sender.send(post(url, { tls: trusting }))).toMatchObject({ code: 200 });
    expect(await sender.send(post(url.replace('.example', '.example.'), { tls: trusting }))).toMatchObject({
      code: 200,
    });
  });

  test.each([
    ['that nobody vouches for', {}, null, 'unable to verify'],
    ['of another address', { addresses: ['127.0.0.9'] }, trusting, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['of another CA', {}, { ca: createAuthority().cert }, 'certificate'],
  ])('%s is refused before a byte of the request is sent', async (_what, issued, tls, words) => {
    const receiver = track(await startReceiver({ tls: authority.issue(issued) }));
    const result = await makeSender().send(post(receiver.url, { tls }));
    expect(result).toMatchObject({ kind: 'error', errorKind: 'tls', message: expect.stringContaining(words) });
    expect(classify(result, 0)).toMatchObject({ status: 'failed_retryable', reason: 'tls' });
    expect(receiver.requests).toHaveLength(0);
  });

  test('that is expired is refused before a byte of the request is sent', async () => {
    const receiver = track(await startExpired());
    const result = await makeSender().send(post(receiver.url, { tls: { ca: receiver.ca } }));
    expect(result).toMatchObject({ errorKind: 'tls', message: expect.stringContaining('certificate has expired') });
    expect(receiver.requests).toHaveLength(0);
  });

  test('of another name is refused', async () => {
    const receiver = track(await startReceiver({ tls: authority.issue({ names: ['other.example'] }) }));
    const sender = makeSender({}, everythingIsLoopback);
    const result = await sender.send(post(`https://hooks.example:${receiver.port}/`, { tls: trusting }));
    expect(result).toMatchObject({
      errorKind: 'tls',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });
});

describe('a client certificate', () => {
  test('is shown to an endpoint that asks for one', async () => {
    const receiver = track(await startReceiver({ tls: { ...authority.issue(), ca: authority.cert } }));
    const sender = makeSender();
    const tls = { ...trusting, ...authority.issue() };
    expect(await sender.send(post(receiver.url, { tls }))).toMatchObject({ code: 200 });
    expect(receiver.requests).toHaveLength(1);
  });

  test('that is missing is an error of TLS', async () => {
    const receiver = track(await startReceiver({ tls: { ...authority.issue(), ca: authority.cert } }));
    const result = await makeSender().send(post(receiver.url, { tls: trusting }));
    expect(result).toMatchObject({ kind: 'error', errorKind: expect.stringMatching(/^(tls|reset)$/) });
    expect(receiver.requests).toHaveLength(0);
  });

  test('belongs to its webhook: another at the same origin does not use its connection', async () => {
    const receiver = track(await startReceiver({ tls: { ...authority.issue(), ca: authority.cert } }));
    const sender = makeSender();
    const tls = { ...trusting, ...authority.issue() };
    expect(await sender.send(post(receiver.url, { tls }))).toMatchObject({ code: 200 });
    expect(await sender.send(post(receiver.url, { tls: trusting }))).toMatchObject({ kind: 'error' });
    expect(await sender.send(post(receiver.url, { tls: { ...tls } }))).toMatchObject({ code: 200 });
    expect(receiver.requests).toHaveLength(2);
  });

  test.each([
    ['a CA', { ca: 'no PEM' }],
    ['a certificate without its key', { cert: authority.cert }],
    ['a key of another certificate', { cert: authority.cert, key: authority.issue().key }],
  ])('that cannot be read is an error that says so: %s', async (_what, tls) => {
    const receiver = track(await startReceiver({ tls: authority.issue() }));
    const result = await makeSender().send(post(receiver.url, { tls }));
    expect(result).toMatchObject({ kind: 'error', errorKind: 'tls' });
    expect(receiver.requests).toHaveLength(0);
  });
});

test('a connection over TLS is kept', async () => {
  const receiver = track(await startReceiver({ tls: authority.issue() }));
  const sender = makeSender();
  for (let n = 0; n < 3; n++)
    expect(await sender.send(post(receiver.url, { tls: trusting }))).toMatchObject({ code: 200 });
  expect(receiver.connections).toBe(1);
});

test('a handshake is short the second time, though the connection is long gone', async () => {
  const receiver = track(await startReceiver({ tls: authority.issue() }));
  const sender = makeSender({ keepAliveMs: 20 });
  await sender.send(post(receiver.url, { tls: trusting }));
  while (sender.connections > 0) await new Promise(setImmediate);
  await sender.send(post(receiver.url, { tls: trusting }));
  expect(receiver.connections).toBe(2);
  expect(receiver.resumedSessions).toBe(1);
});

test('an endpoint without TLS is an error of TLS', async () => {
  const receiver = track(await startReceiver());
  const result = await makeSender().send(post(receiver.url.replace('http:', 'https:')));
  expect(result).toMatchObject({ errorKind: 'tls' });
});

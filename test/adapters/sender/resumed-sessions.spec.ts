/** A resumed TLS session shows no certificate: it is taken up only as long as what was verified before may be relied on. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sessionMsMax } from '../../../libs/sender/tls-sessions.ts';
import { createAuthority, type Certificate } from '../../support/receivers/certificates.ts';
import { listen } from '../../support/receivers/recording-receiver.ts';
import { closeAll, everythingIsLoopback, makeSender, post, track } from './sender-factory.ts';
import { dayMs } from '../../../libs/domain/day.ts';

const authority = createAuthority();
const tls = { ca: authority.cert };

const unixNow = Date.now.bind(Date);
const monotonicNow = performance.now.bind(performance);
let laterMs = { unix: 0, monotonic: 0 };

beforeEach(() => {
  laterMs = { unix: 0, monotonic: 0 };
  jest.spyOn(Date, 'now').mockImplementation(() => unixNow() + laterMs.unix);
  jest.spyOn(performance, 'now').mockImplementation(() => monotonicNow() + laterMs.monotonic);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await closeAll();
});

const ticketKeys = randomBytes(48);

/** Closes each connection after its answer; whatever certificate it has, it takes up the sessions of before. */
async function startTicketing(first: Certificate, version: 'TLSv1.2' | 'TLSv1.3') {
  const versions = { minVersion: version, maxVersion: version } as const;
  const server = createServer({ ...first, ...versions, ticketKeys }, (request, response) => {
    request.resume();
    response.setHeader('connection', 'close');
    response.end('ok');
  });
  let resumed = 0;
  server.on('secureConnection', (socket: TLSSocket) => (resumed += socket.isSessionReused() ? 1 : 0));
  const port = await listen(server);
  track({
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  });
  return {
    port,
    get resumed() {
      return resumed;
    },
    swap: (certificate: Certificate) => {
      server.setSecureContext({ ...certificate, ...versions, ticketKeys });
    },
  };
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('#27 with %s', (version) => {
  test('a session ends with the certificate that was shown for it, though each connection brings another', async () => {
    const receiver = await startTicketing(authority.issue(), version);
    const sender = makeSender();
    const url = `https://127.0.0.1:${receiver.port}/`;
    for (let n = 0; n < 3; n++) expect(await sender.send(post(url, { tls }))).toMatchObject({ code: 200 });
    expect(receiver.resumed).toBe(2);
    receiver.swap(authority.issue({ endsInDays: -1 }));
    laterMs = { unix: 30 * dayMs, monotonic: sessionMsMax - 60_000 };
    expect(await sender.send(post(url, { tls }))).toMatchObject({ kind: 'error', errorKind: 'tls' });
    expect(receiver.resumed).toBe(2);
  });

  test('a session ends some minutes after its certificate was shown, so that a stranger’s is found', async () => {
    const receiver = await startTicketing(authority.issue(), version);
    const sender = makeSender();
    const url = `https://127.0.0.1:${receiver.port}/`;
    expect(await sender.send(post(url, { tls }))).toMatchObject({ code: 200 });
    laterMs = { unix: 0, monotonic: sessionMsMax - 60_000 };
    expect(await sender.send(post(url, { tls }))).toMatchObject({ code: 200 });
    expect(receiver.resumed).toBe(1);
    receiver.swap(createAuthority().issue());
    laterMs = { unix: 0, monotonic: sessionMsMax };
    expect(await sender.send(post(url, { tls }))).toMatchObject({ kind: 'error', errorKind: 'tls' });
  });

  test('a session is of its host and its CAs', async () => {
    const receiver = await startTicketing(authority.issue({ names: ['one.example'], addresses: [] }), version);
    const sender = makeSender({}, everythingIsLoopback);
    const url = `https://one.example:${receiver.port}/`;
    expect(await sender.send(post(url, { tls }))).toMatchObject({ code: 200 });
    const failed = { kind: 'error', errorKind: 'tls' };
    expect(await sender.send(post(url))).toMatchObject(failed);
    expect(await sender.send(post(url, { tls: { ca: createAuthority().cert } }))).toMatchObject(failed);
    expect(await sender.send(post(url.replace('one', 'two'), { tls }))).toMatchObject(failed);
    expect(receiver.resumed).toBe(0);
  });
});

/** What is wrong with the TLS of an endpoint is told in one sentence that its owner understands. */
import { createServer, type ServerOptions } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import type { Server } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createAuthority } from '../../support/receivers/certificates.ts';
import { listen, startReceiver } from '../../support/receivers/recording-receiver.ts';
import { closeAll, makeSender, post, track } from './sender-factory.ts';

const authority = createAuthority();
const tls = { ca: authority.cert };
afterEach(closeAll);

const own = (): ServerOptions => authority.issue();
const demanding = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };

test.each<[string, () => ServerOptions, string]>([
  [
    'TLS 1.0 only',
    () => ({ ...own(), minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    'only TLS 1.0',
  ],
  ['HTTP/2 only', () => ({ ...own(), ALPNProtocols: ['h2'] }), 'does not offer HTTP/1.1'],
  ['a certificate that is over', () => authority.issue({ endsInDays: -1 }), 'a certificate has expired'],
  ['a certificate of another name', () => authority.issue({ addresses: ['127.0.0.9'] }), 'is for other names'],
  ['a certificate that signs itself', () => createAuthority(), 'signed by itself'],
  [
    'a client certificate wanted, TLS 1.2',
    () => ({ ...own(), ...demanding, maxVersion: 'TLSv1.2' }),
    'client certificate',
  ],
  [
    'a client certificate wanted, TLS 1.3',
    () => ({ ...own(), ...demanding, minVersion: 'TLSv1.3' }),
    'client certificate',
  ],
])('#49 %s', async (_what, options, words) => {
  const { ALPNProtocols: protocols } = options();
  const server: Server = protocols === undefined ? createServer(options()) : createTlsServer(options());
  server.on('tlsClientError', () => undefined);
  const port = await listen(server);
  track({
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  });
  const result = await makeSender().send(post(`https://127.0.0.1:${port}/`, { tls }));
  const message = result.kind === 'error' ? result.message : '';
  expect([result.kind === 'error' && result.errorKind, message]).toEqual(['tls', expect.stringContaining(words)]);
  expect(message).not.toMatch(/openssl|\.c:|routines|--use-system-ca|\n/i);
});

test('#49 a certificate without its chain', async () => {
  const receiver = track(await startReceiver({ tls: authority.issue() }));
  const result = await makeSender().send(post(receiver.url));
  const sentence =
    'no TLS connection: the endpoint sends an incomplete chain of certificates, or its CA is not trusted: unable to verify (UNABLE_TO_VERIFY_LEAF_SIGNATURE)';
  expect(result).toMatchObject({ errorKind: 'tls', message: sentence });
});

test('#49 an endpoint without TLS', async () => {
  const receiver = track(await startReceiver());
  const result = await makeSender().send(post(receiver.url.replace('http:', 'https:')));
  expect(result).toMatchObject({ errorKind: 'tls', message: expect.stringContaining('does not speak TLS') });
});

/**
 * Endpoints as the world has them, each with what has to become of a delivery to it in a running system. `#n` is the number of a
 * public report, as in test/adapters/sender.
 */
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { createAuthority } from './certificates.ts';
import * as hostile from './hostile-receivers.ts';
import { listen, startReceiver, type Respond } from './recording-receiver.ts';

export interface ForeignEndpoint {
  readonly name: string;
  readonly start: () => Promise<StartedEndpoint>;
  /** What its webhook has beside its URL. */
  readonly webhook?: object;
  readonly becomes: Becomes;
}

export interface StartedEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

export interface Becomes {
  readonly status: 'delivered' | 'failed_permanent';
  /** Default: null */
  readonly reason?: string;
  readonly attempts: number;
  /** Of the last attempt; default: null */
  readonly code?: number;
  readonly errorKind?: string;
  /** A part of what the first attempt says to a person. */
  readonly says?: string;
}

const delivered: Becomes = { status: 'delivered', attempts: 1, code: 200 };
const retried: Becomes = { ...delivered, attempts: 2 };
const final = (code: number, reason = 'rejected'): Becomes => ({
  status: 'failed_permanent',
  reason,
  attempts: 1,
  code,
});
const exhausted = (errorKind: string, says: string): Becomes => ({
  ...{ status: 'failed_permanent', reason: 'exhausted', attempts: 2, errorKind, says },
});

const authority = createAuthority();
const trusted = { tls: { ca: authority.cert } };
const unended = { ...delivered, says: 'the end of its body did not' };
const cut = { ...delivered, says: 'but not all of its body' };
const broken = { ...delivered, says: 'the rest of it breaks HTTP' };
const impatient = { timeoutMs: 1_000 };

const saying = (bytes: string | Buffer) => () => hostile.startSaying(bytes);
const closing = (bytes: string) => () => hostile.startHalfClosing(bytes);
const answering = (respond: Respond) => () => startReceiver({ respond });
const later = (header: () => string, status = 429) =>
  answering((_request, index) => (index > 0 ? {} : { status, headers: { 'retry-after': header() } }));
const ok = 'Content-Length: 2\r\n\r\nok';
const unixS = () => Math.ceil(Date.now() / 1000);

function urlOf(start: () => Promise<StartedEndpoint>, change: (url: string) => string): () => Promise<StartedEndpoint> {
  return async () => {
    const endpoint = await start();
    return { url: change(endpoint.url), close: () => endpoint.close() };
  };
}

/** The same endpoint under another name. */
const at = (host: string, start: () => Promise<StartedEndpoint>) =>
  urlOf(start, (url) => url.replace('127.0.0.1', host));

function tls(options: ServerOptions): () => Promise<StartedEndpoint> {
  return async () => {
    const server: Server = options.ALPNProtocols === undefined ? createHttpsServer(options) : createTlsServer(options);
    server.on('tlsClientError', () => undefined);
    const port = await listen(server);
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    return { url: `https://127.0.0.1:${port}`, close };
  };
}

const demanding = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };

export const foreignEndpoints: readonly ForeignEndpoint[] = [
  ...one(
    'answers 204',
    answering(() => ({ status: 204, body: '' })),
    { ...delivered, code: 204 },
  ),
  ...one(
    'answers 206',
    answering(() => ({ status: 206 })),
    { ...delivered, code: 206 },
  ),
  ...one(
    '#16 wants Accept',
    answering(({ headers }) => ({ status: headers['accept'] === '*/*' ? 200 : 403 })),
    delivered,
  ),
  ...one('speaks HTTP/1.0', closing('HTTP/1.0 200 OK\r\n\r\nok'), delivered),
  ...one(
    'speaks HTTP/1.0 and keeps its connection',
    saying(`HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${ok}`),
    delivered,
  ),
  ...one('ends its body by closing', closing('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok'), delivered),
  ...one('gives no reason', saying(`HTTP/1.1 200\r\n${ok}`), delivered),
  ...one(
    'offers HTTP/2, as Apache does',
    saying(`HTTP/1.1 200 OK\r\nUpgrade: h2,h2c\r\nConnection: Upgrade\r\n${ok}`),
    delivered,
  ),
  ...one(
    'sends extensions of chunks and a trailer',
    saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX-T: 1\r\n\r\n'),
    delivered,
  ),
  ...one(
    'compresses its answer',
    answering(() => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('ok') })),
    delivered,
  ),
  ...one(
    'says that it compresses, and does not',
    answering(() => ({ headers: { 'content-encoding': 'br' } })),
    delivered,
  ),
  ...one('has a body for 204', saying('HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok'), {
    ...delivered,
    code: 204,
  }),
  ...one(
    '#65 answers in bytes of no text',
    saying(Buffer.from('HTTP/1.1 200 OK\r\nX: \xc3(\xe9\r\nContent-Length: 3\r\n\r\n\0\xff\xfe', 'latin1')),
    delivered,
  ),
  ...one(
    '#18 answers 100 first',
    () => hostile.startSayingInPieces(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${ok}`, 25),
    delivered,
  ),
  ...one(
    'answers 103 first',
    saying(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n${ok}`),
    delivered,
  ),
  ...one('#47 has headers of 20,000 bytes', saying(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n${ok}`), delivered),

  ...one(
    '#26 has a body that is too short',
    saying('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok'),
    unended,
    impatient,
  ),
  ...one(
    '#26 has chunks that do not end',
    saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
    unended,
    impatient,
  ),
  ...one('#26 drips its body', () => hostile.startDripping(50), unended, impatient),
  ...one('#26 breaks off in its body', closing('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok'), cut),
  ...one('#26 is reset in its body', () => hostile.startResetting('answering'), cut),
  ...one('#26 does not stop', () => hostile.startEndless(), delivered),
  ...one(
    '#25 is chunked and has a length',
    saying('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    broken,
  ),
  ...one('#25 has its length twice', saying(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${ok}`), broken),
  ...one('#25 has a length that is none', saying('HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok'), broken),
  ...one('ends its lines without CR', saying('HTTP/1.1 200 OK\nContent-Length: 2\n\nok'), broken),
  ...one('has a blank before a colon', saying(`HTTP/1.1 200 OK\r\nX : 1\r\n${ok}`), broken),

  ...one(
    '#11 redirects',
    answering(() => ({ status: 302, headers: { location: 'https://example.test/' } })),
    { status: 'failed_permanent', reason: 'exhausted', attempts: 2, code: 302, says: 'redirects are not followed' },
  ),
  ...one(
    '#11 redirects, which is a success to its webhook',
    answering(() => ({ status: 302, headers: { location: '/done' } })),
    { ...delivered, code: 302, says: 'is a success by successCodes' },
    { successCodes: [302] },
  ),
  ...one(
    '#3 never knew the path',
    answering(() => ({ status: 404 })),
    final(404),
  ),
  ...one(
    '#17 is gone',
    answering(() => ({ status: 410 })),
    final(410, 'gone'),
  ),
  ...one(
    'wants another protocol',
    answering(() => ({ status: 426 })),
    final(426),
  ),
  ...one(
    'answers 409, which its webhook wants to be tried again',
    answering((_request, index) => ({ status: index > 0 ? 200 : 409 })),
    retried,
    { retryOn: [409] },
  ),
  ...one(
    'gives the delivery up',
    answering(() => ({ status: 500, headers: { 'webhook-delivery': 'abort-message' } })),
    { ...final(500, 'aborted'), says: 'asked to give this delivery up' },
  ),
  ...one(
    '#14 asks for part of a second',
    later(() => '0.493'),
    retried,
  ),
  ...one(
    '#14 names a Unix time',
    later(() => String(unixS() + 2)),
    retried,
  ),
  ...one(
    '#14 names a Unix time in milliseconds',
    later(() => String(Date.now() + 2000)),
    retried,
  ),
  ...one(
    'names a date',
    later(() => new Date(Date.now() + 2000).toUTCString(), 503),
    retried,
  ),
  ...one(
    'names no time',
    later(() => 'soon'),
    retried,
  ),
  ...one(
    'is slow once',
    answering((_request, index) => ({ delayMs: index > 0 ? 0 : 4_000 })),
    { ...retried, says: '' },
    impatient,
  ),
  ...one('says nothing', () => hostile.startHanging(), exhausted('timeout', ''), impatient),
  ...one('says headers without an end', () => hostile.startDrippingHeaders(50), exhausted('timeout', ''), impatient),
  ...one('resets', () => hostile.startResetting(), exhausted('reset', 'before an answer came')),
  ...one(
    'breaks off in its headers',
    closing('HTTP/1.1 200 OK\r\ncontent-le'),
    exhausted('reset', 'in the middle of the answer'),
  ),
  ...one('speaks SSH', saying('SSH-2.0-OpenSSH_9.6\r\n'), exhausted('reset', 'not HTTP/1.1')),
  ...one(
    'speaks HTTP/2 without TLS',
    saying(Buffer.from('00000c04000000000000030000006400040000ffff', 'hex')),
    exhausted('reset', ''),
  ),
  ...one(
    'switches protocols',
    saying('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    exhausted('reset', '101'),
  ),

  ...one(
    'is not there',
    async () => {
      const endpoint = await startReceiver();
      await endpoint.close();
      return { url: endpoint.url, close: () => Promise.resolve() };
    },
    exhausted('connect', 'ECONNREFUSED'),
  ),
  ...one(
    '#1 has a second address that leads nowhere',
    at('slow.test', () => hostile.startUnaccepting(600)),
    delivered,
  ),
  ...one(
    '#1 has a second address that refuses',
    at('half.test', () => startReceiver()),
    delivered,
  ),
  ...one(
    '#39 is behind 0.0.0.0 for a while',
    at('parked.test', () => startReceiver()),
    { ...retried, says: '0.0.0.0' },
  ),
  ...one(
    'has a name that is not there',
    at('nowhere.test', () => startReceiver()),
    exhausted('dns', ''),
  ),
  ...one(
    '#71 has a name with a dot at its end',
    at(
      'hooks.test.',
      answering(({ headers }) => ({ status: headers['host']?.startsWith('hooks.test:') === true ? 200 : 421 })),
    ),
    delivered,
  ),
  ...one(
    'has an international name',
    at('bücher.test', () => startReceiver()),
    delivered,
  ),
  ...one(
    '#72 has a path that is rewritten',
    urlOf(
      answering(({ path }) => ({ status: path === '/b/%7Bid%7D' ? 200 : 400 })),
      (url) => `${url}/a/../b/{id}?`,
    ),
    delivered,
  ),

  ...one('has a certificate of its own CA', () => startReceiver({ tls: authority.issue() }), delivered, trusted),
  ...one(
    '#49 has a certificate of a CA that nobody knows',
    () => startReceiver({ tls: authority.issue() }),
    exhausted('tls', 'incomplete chain'),
  ),
  ...one(
    '#49 has a certificate that is over',
    tls(authority.issue({ endsInDays: -1 })),
    exhausted('tls', 'has expired'),
    trusted,
  ),
  ...one(
    '#49 has a certificate of another name',
    tls(authority.issue({ addresses: ['127.0.0.9'] })),
    exhausted('tls', 'for other names'),
    trusted,
  ),
  ...one('#49 signed its certificate by itself', tls(createAuthority()), exhausted('tls', 'signed by itself'), trusted),
  ...one(
    '#49 speaks TLS 1.0',
    tls({ ...authority.issue(), minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    exhausted('tls', 'only TLS 1.0'),
    trusted,
  ),
  ...one(
    '#49 speaks HTTP/2 alone',
    tls({ ...authority.issue(), ALPNProtocols: ['h2'] }),
    exhausted('tls', 'does not offer HTTP/1.1'),
    trusted,
  ),
  ...one(
    '#49 wants a client certificate',
    tls({ ...authority.issue(), ...demanding }),
    exhausted('tls', 'client certificate'),
    trusted,
  ),
  ...one(
    '#49 speaks no TLS',
    urlOf(startReceiver, (url) => url.replace('http:', 'https:')),
    exhausted('tls', 'does not speak TLS'),
  ),
];

function one(
  name: string,
  start: () => Promise<StartedEndpoint>,
  becomes: Becomes,
  webhook?: object,
): [ForeignEndpoint] {
  return [{ name, start, becomes, ...(webhook === undefined ? {} : { webhook }) }];
}

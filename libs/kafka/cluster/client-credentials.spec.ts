import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createAuthority } from '../../../test/support/receivers/certificates.ts';
import { fetchToken, type ClientCredentials } from './client-credentials.ts';

let server: Server | null = null;
let asked: { readonly headers: IncomingMessage['headers']; readonly body: string } | null = null;

afterEach(() => {
  server?.close();
  asked = null;
});

async function tokenServer(status: number, answer: string, tls: { cert: string; key: string } | null = null) {
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked = { headers: request.headers, body };
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    });
  };
  const started = tls === null ? createServer(listener) : createSecureServer(tls, listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http${tls === null ? '' : 's'}://127.0.0.1:${(started.address() as AddressInfo).port}/token`;
}

const credentials = (tokenUrl: string, more: Partial<ClientCredentials> = {}): ClientCredentials => ({
  tokenUrl,
  clientId: 'web:hooks',
  clientSecret: 'p@ss word',
  scope: null,
  parameters: {},
  ca: null,
  ...more,
});
const good = JSON.stringify({ access_token: 'abc.def', token_type: 'Bearer', expires_in: 300 });

test('asks with credentials, scope and further fields', async () => {
  const url = await tokenServer(200, good);
  const more = { scope: 'kafka read', parameters: { audience: 'https://kafka' } };
  expect(await fetchToken(credentials(url, more))).toEqual({ value: 'abc.def', lifetimeMs: 300_000 });
  expect(asked?.body).toBe('grant_type=client_credentials&scope=kafka+read&audience=https%3A%2F%2Fkafka');
  const login = Buffer.from('web%3Ahooks:p%40ss+word').toString('base64');
  expect(asked?.headers).toMatchObject({
    authorization: `Basic ${login}`,
    'content-type': 'application/x-www-form-urlencoded',
  });
});

test('over TLS its CA is trusted when it is named, and only then', async () => {
  const authority = createAuthority();
  const url = await tokenServer(200, good, authority.issue());
  expect(await fetchToken(credentials(url, { ca: authority.cert }))).toMatchObject({ value: 'abc.def' });
  await expect(fetchToken(credentials(url))).rejects.toThrow(/no token from 127\.0\.0\.1:\d+: /);
});

test.each([
  [401, '{"error":"invalid_client","error_description":"who?"}', 'it answers 401, invalid_client: who?'],
  [503, '<h1>busy</h1>', 'it answers 503'],
  [200, '{"access_token":"two\\nlines"}', 'it answers 200'],
  [200, 'null', 'it answers 200'],
])('%i with %s is no token, and the secret is not told', async (status, answer, told) => {
  const url = await tokenServer(status, answer);
  const error: unknown = await fetchToken(credentials(url)).catch((reason: unknown) => reason);
  expect(String(error)).toContain(told);
  expect(String(error)).not.toContain('p@ss');
});

test('a lifetime that is not told is a minute', async () => {
  const url = await tokenServer(200, '{"access_token":"abc"}');
  expect(await fetchToken(credentials(url))).toEqual({ value: 'abc', lifetimeMs: 60_000 });
});

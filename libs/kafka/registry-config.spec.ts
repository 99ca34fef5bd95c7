/** A registry as the environment says that it knows us, on a server that asks for all of it. */
import { createPrivateKey } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority } from '../../test/support/receivers/certificates.ts';
import { connectionKeys, registryKeys } from '../runtime/config-keys.ts';
import { readConfig } from '../runtime/config.ts';
import { Registry } from '../wire/registry.ts';
import { registryConfig } from './registry-config.ts';

const authority = createAuthority();
const own = authority.issue();
const sealed = createPrivateKey(own.key)
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
  .toString();
const schema = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] };
let server: Server;
/** Of each question: who asks, by the certificate and by the header. */
let asked: (readonly [string, string])[] = [];

beforeAll(async () => {
  const options = { ...authority.issue(), ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  server = createServer(options, (request, response) => {
    const name: unknown = (request.socket as TLSSocket).getPeerCertificate().subject.CN;
    asked.push([String(name), request.headers.authorization ?? '']);
    response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json');
    response.end(JSON.stringify({ schema: JSON.stringify(schema) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function registryOf(env: Readonly<Record<string, string>>): Registry {
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = { ...registryKeys, TOPIC_PREFIX: connectionKeys.TOPIC_PREFIX };
  const known = { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_TLS_CA: authority.cert };
  return new Registry(registryConfig(readConfig(keys, { ...known, ...env })));
}

const certificate = {
  SCHEMA_REGISTRY_TLS_CERT: own.cert,
  SCHEMA_REGISTRY_TLS_KEY: sealed,
  SCHEMA_REGISTRY_TLS_KEY_PASSPHRASE: 'open sesame',
};
const login = Buffer.from('me:s3cret:with a colon').toString('base64');

test.each<[string, Record<string, string>, string]>([
  ['a certificate with an encrypted key', certificate, ''],
  [
    'a user beside it',
    { ...certificate, SCHEMA_REGISTRY_USERNAME: 'me', SCHEMA_REGISTRY_PASSWORD: 's3cret:with a colon' },
    `Basic ${login}`,
  ],
  ['a token beside it', { ...certificate, SCHEMA_REGISTRY_TOKEN: 'abc.def' }, 'Bearer abc.def'],
])('%s is shown with each question', async (_what, env, authorization) => {
  asked = [];
  await expect(registryOf(env).schemaById(5)).resolves.toMatchObject({ fields: schema.fields });
  expect(asked.length).toBeGreaterThan(0);
  for (const one of asked) expect(one).toEqual(['Test endpoint', authorization]);
});

test('who has no certificate is refused, and that is no verdict on a schema', async () => {
  await expect(registryOf({}).schemaById(5)).rejects.toThrow(/certificate|closed|ECONNRESET|socket/i);
});

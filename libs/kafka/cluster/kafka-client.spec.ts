import { createPrivateKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';
import { connectionKeys } from '../../runtime/config-keys.ts';
import { createAuthority } from '../../../test/support/receivers/certificates.ts';
import { kafkaConnection } from './kafka-client.ts';

const authority = createAuthority();
const { cert } = authority;

test.each([
  [{}, { brokers: ['127.0.0.1:19092'], tls: false, tlsCa: null, sasl: null }],
  [
    { KAFKA_BROKERS: 'a:1, b:2', KAFKA_TLS: 'true', KAFKA_TLS_CA: cert },
    { brokers: ['a:1', 'b:2'], tls: true, tlsCa: cert, sasl: null },
  ],
  [
    { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' },
    { sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' } },
  ],
])('%j connects with %j', (env: Record<string, string>, expected) => {
  expect(kafkaConnection(readConfig(connectionKeys, env), 'me')).toMatchObject({ ...expected, clientId: 'me' });
});

test('a client certificate goes with its key, decrypted once', () => {
  const own = authority.issue();
  const sealed = createPrivateKey(own.key)
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const env = { KAFKA_TLS: 'true', KAFKA_TLS_CERT: own.cert, KAFKA_TLS_KEY: sealed, KAFKA_TLS_KEY_PASSPHRASE: 'x' };
  expect(kafkaConnection(readConfig(connectionKeys, env), 'me').tlsOwn).toEqual(own);
});

test('a token for MSK is signed here, and serves several brokers', async () => {
  const env = { KAFKA_SASL_MECHANISM: 'aws-msk-iam', KAFKA_TLS: 'true', KAFKA_AWS_REGION: 'eu-central-1' };
  const credentials = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI' };
  const before = { ...process.env };
  Object.assign(process.env, credentials);
  try {
    const { sasl } = kafkaConnection(readConfig(connectionKeys, env), 'me');
    const token = sasl?.mechanism === 'oauthbearer' ? await sasl.token() : '';
    const signed = new URL(Buffer.from(token, 'base64url').toString());
    expect(signed.host).toBe('kafka.eu-central-1.amazonaws.com');
    expect(Object.fromEntries(signed.searchParams)).toMatchObject({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Expires': '900',
      'X-Amz-Credential': expect.stringMatching(/^AKIDEXAMPLE\/\d+\/eu-central-1\/kafka-cluster\/aws4_request$/),
    });
    // A token that is signed now would be another one.
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDANOTHER';
    expect(sasl?.mechanism === 'oauthbearer' && (await sasl.token())).toBe(token);
  } finally {
    process.env = before;
  }
});

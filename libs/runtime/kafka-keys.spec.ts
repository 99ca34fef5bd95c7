import { createPrivateKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createAuthority } from '../../test/support/receivers/certificates.ts';
import { ConfigError, readConfig } from './config.ts';
import { connectionKeys, registryKeys } from './config-keys.ts';

const authority = createAuthority();
const own = authority.issue();
const encrypted = createPrivateKey(own.key)
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
  .toString();
const pair = { KAFKA_TLS: 'true', KAFKA_TLS_CERT: own.cert };
const oauth = {
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_OAUTH_TOKEN_URL: 'https://idp.example/token?tenant=a',
  KAFKA_OAUTH_CLIENT_ID: 'me',
  KAFKA_OAUTH_CLIENT_SECRET: 'hush',
};
const registryOAuth = {
  SCHEMA_REGISTRY_OAUTH_TOKEN_URL: 'https://idp.example/token',
  SCHEMA_REGISTRY_OAUTH_CLIENT_ID: 'me',
  SCHEMA_REGISTRY_OAUTH_CLIENT_SECRET: 'hush',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig({ ...connectionKeys, ...registryKeys }, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test.each<Record<string, string>>([
  { ...pair, KAFKA_TLS_KEY: own.key },
  { ...pair, KAFKA_TLS_KEY: encrypted, KAFKA_TLS_KEY_PASSPHRASE: 'open sesame' },
  oauth,
  {
    ...oauth,
    KAFKA_OAUTH_SCOPE: 'a b',
    KAFKA_OAUTH_PARAMETERS: 'audience=x&resource=https%3A%2F%2Fy',
    KAFKA_OAUTH_EXTENSIONS: 'logicalCluster=lkc-1&identityPoolId=pool-1',
  },
  { KAFKA_SASL_MECHANISM: 'aws-msk-iam', KAFKA_TLS: 'true', KAFKA_AWS_REGION: 'eu-central-1' },
  { SCHEMA_REGISTRY_TOKEN: 'abc.def-~+/==' },
  registryOAuth,
  { SCHEMA_REGISTRY_URL: 'https://r', SCHEMA_REGISTRY_TLS_CERT: own.cert, SCHEMA_REGISTRY_TLS_KEY: own.key },
])('well: %#', (env) => {
  expect(problemsOf(env)).toEqual([]);
});

test.each<[string, Record<string, string>]>([
  ['KAFKA_TLS_CERT is set without its key: set KAFKA_TLS_KEY', pair],
  ['KAFKA_TLS_KEY is set without its certificate: set KAFKA_TLS_CERT', { KAFKA_TLS: 'true', KAFKA_TLS_KEY: own.key }],
  [
    'KAFKA_TLS_CERT is set, but KAFKA_TLS is false: it is shown over TLS',
    { KAFKA_TLS_CERT: own.cert, KAFKA_TLS_KEY: own.key },
  ],
  ['KAFKA_TLS_KEY is encrypted: set KAFKA_TLS_KEY_PASSPHRASE', { ...pair, KAFKA_TLS_KEY: encrypted }],
  [
    'KAFKA_TLS_KEY cannot be read with KAFKA_TLS_KEY_PASSPHRASE: one of them is wrong',
    { ...pair, KAFKA_TLS_KEY: encrypted, KAFKA_TLS_KEY_PASSPHRASE: 'abracadabra' },
  ],
  [
    'KAFKA_TLS_KEY is not the key of the first certificate in KAFKA_TLS_CERT',
    { ...pair, KAFKA_TLS_KEY: authority.issue().key },
  ],
  ['KAFKA_TLS_KEY_PASSPHRASE is set without KAFKA_TLS_KEY', { KAFKA_TLS_KEY_PASSPHRASE: 'x' }],
  [
    'KAFKA_SASL_MECHANISM is oauthbearer, which takes KAFKA_OAUTH_TOKEN_URL and KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET: set them',
    { KAFKA_SASL_MECHANISM: 'oauthbearer' },
  ],
  [
    'KAFKA_SASL_MECHANISM is oauthbearer, which takes no KAFKA_SASL_USERNAME: remove it',
    { ...oauth, KAFKA_SASL_USERNAME: 'me' },
  ],
  ['KAFKA_OAUTH_CLIENT_ID is set, but KAFKA_SASL_MECHANISM is none, not oauthbearer', { KAFKA_OAUTH_CLIENT_ID: 'me' }],
  ['KAFKA_OAUTH_SCOPE is set, but KAFKA_SASL_MECHANISM is none, not oauthbearer', { KAFKA_OAUTH_SCOPE: 'a' }],
  [
    'KAFKA_OAUTH_PARAMETERS must not name scope, which is set otherwise',
    { ...oauth, KAFKA_OAUTH_PARAMETERS: 'scope=x' },
  ],
  ['KAFKA_OAUTH_PARAMETERS must name a once', { ...oauth, KAFKA_OAUTH_PARAMETERS: 'a=1&a=2' }],
  [
    'KAFKA_SASL_MECHANISM is aws-msk-iam, which takes KAFKA_AWS_REGION: set it',
    { KAFKA_SASL_MECHANISM: 'aws-msk-iam', KAFKA_TLS: 'true' },
  ],
  [
    'KAFKA_SASL_MECHANISM is aws-msk-iam, which MSK offers over TLS alone: set KAFKA_TLS=true',
    { KAFKA_SASL_MECHANISM: 'aws-msk-iam', KAFKA_AWS_REGION: 'eu-central-1' },
  ],
  [
    'SCHEMA_REGISTRY_USERNAME is set beside SCHEMA_REGISTRY_TOKEN: the registry is told one of them',
    { SCHEMA_REGISTRY_USERNAME: 'me', SCHEMA_REGISTRY_TOKEN: 'abc' },
  ],
  [
    'SCHEMA_REGISTRY_OAUTH_TOKEN_URL is set beside SCHEMA_REGISTRY_TOKEN: the registry is told one of them',
    { ...registryOAuth, SCHEMA_REGISTRY_TOKEN: 'abc' },
  ],
  [
    'SCHEMA_REGISTRY_OAUTH_CLIENT_ID has no SCHEMA_REGISTRY_OAUTH_TOKEN_URL, which SCHEMA_REGISTRY_OAUTH_SCOPE would be for: set it',
    { SCHEMA_REGISTRY_OAUTH_SCOPE: 'read' },
  ],
  [
    'SCHEMA_REGISTRY_TLS_CERT is set, but SCHEMA_REGISTRY_URL begins with http://: it is shown over TLS',
    { SCHEMA_REGISTRY_TLS_CERT: own.cert, SCHEMA_REGISTRY_TLS_KEY: own.key },
  ],
])('%s', (problem, env) => {
  expect(problemsOf(env)).toEqual([problem]);
});

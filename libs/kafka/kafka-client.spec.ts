import { expect, test } from '@jest/globals';
import { readConfig } from '../runtime/config.ts';
import { connectionKeys } from '../runtime/config-keys.ts';
import { createAuthority } from '../../test/support/receivers/certificates.ts';
import { kafkaConnection } from './kafka-client.ts';

const { cert } = createAuthority();

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

import { describe, expect, test } from '@jest/globals';
import { embeddedParts, localEnvironment } from './environment.ts';

const defaults = {
  addresses: {
    kafka: '127.0.0.1:19092',
    registry: 'http://127.0.0.1:18081/apis/ccompat/v7',
    postgres: 'postgresql://x',
  },
  adminKey: () => 'made-admin-key',
  encryptionKeys: () => 'local:made',
};

describe('environment of the apps under npm start', () => {
  test('says everything when the caller says nothing', () => {
    const { env, opened } = localEnvironment({}, defaults);
    expect(env).toEqual({
      KAFKA_BROKERS: '127.0.0.1:19092',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:18081/apis/ccompat/v7',
      DATABASE_URL: 'postgresql://x',
      TOPIC_REPLICATION: '1',
      ADMIN_API_KEY: 'made-admin-key',
      ENCRYPTION_KEYS: 'local:made',
      DRAIN_DEADLINE_MS: '5000',
      EGRESS_ALLOW: '127.0.0.0/8,::1/128',
      ALLOWED_URL_SCHEMES: 'https,http',
      ALLOWED_PORTS: '*',
    });
    expect(opened).toEqual(['EGRESS_ALLOW=127.0.0.0/8,::1/128', 'ALLOWED_URL_SCHEMES=https,http', 'ALLOWED_PORTS=*']);
  });

  test.each(['EGRESS_ALLOW', 'ALLOWED_URL_SCHEMES', 'ALLOWED_PORTS', 'TOPIC_REPLICATION', 'ADMIN_API_KEY'])(
    '%s that is set but empty stays empty',
    (name) => {
      const { env, opened } = localEnvironment({ [name]: '' }, defaults);
      expect(env[name]).toBe('');
      expect(opened.join()).not.toContain(name);
    },
  );

  test('a secret in a file counts as said and none is made', () => {
    const made = () => {
      throw new Error('must not be made');
    };
    const said = { ADMIN_API_KEY_FILE: '/run/a', ENCRYPTION_KEYS_FILE: '/run/e' };
    const { env } = localEnvironment(said, { ...defaults, adminKey: made, encryptionKeys: made });
    expect(env).toMatchObject(said);
    expect(env).not.toHaveProperty('ADMIN_API_KEY');
  });

  test('each address replaces its embedded part on its own', () => {
    expect(embeddedParts({ KAFKA_BROKERS: 'k:9092' })).toEqual(['registry', 'postgres']);
    expect(embeddedParts({ SCHEMA_REGISTRY_URL: 'http://r' })).toEqual(['kafka', 'postgres']);
    expect(embeddedParts({ DATABASE_URL_FILE: '/run/d' })).toEqual(['kafka', 'registry']);
    const { env } = localEnvironment({ KAFKA_BROKERS: 'k:9092' }, defaults);
    expect(env).toMatchObject({ KAFKA_BROKERS: 'k:9092', DATABASE_URL: 'postgresql://x', ALLOWED_PORTS: '*' });
    expect(env).not.toHaveProperty('TOPIC_REPLICATION');
  });

  test('with all three elsewhere nothing is opened', () => {
    const outside = { KAFKA_BROKERS: 'k:9092', SCHEMA_REGISTRY_URL: 'http://r', DATABASE_URL: 'postgresql://d' };
    const { env, opened } = localEnvironment(outside, defaults);
    expect(opened).toEqual([]);
    expect(env).not.toHaveProperty('EGRESS_ALLOW');
    expect(env).not.toHaveProperty('ALLOWED_URL_SCHEMES');
  });
});

/** Of each thing that can be wrong with a server, the doctor says the cause, and which key to change. */
import { describe, expect, test } from '@jest/globals';
import { RegistryRefusal } from '../../libs/wire/registry-inspection.ts';
import { judgeDatabaseTrouble, judgeNewer, judgeWritability } from './database-trouble.ts';
import { judgeKafkaTrouble, type KafkaAttempt } from './kafka-trouble.ts';
import { judgeRegistryTrouble } from './registry-trouble.ts';
import type { SocketReading } from './sockets.ts';

const socket = (more: Partial<SocketReading> = {}): SocketReading => ({
  address: 'k:9092',
  connection: 'open',
  speaksTls: false,
  ...more,
});
const withCode = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('Kafka', () => {
  const attempt: KafkaAttempt = {
    said: 'it failed',
    isTls: false,
    isLogin: false,
    sockets: [socket()],
    prefix: 'KAFKA_',
  };
  test.each<[string, Partial<KafkaAttempt>, RegExp, RegExp]>([
    ['is away', { sockets: [socket({ connection: 'refused' })] }, /k:9092 \(connection refused\)/, /KAFKA_BROKERS/],
    ['has a misspelt host', { sockets: [socket({ connection: 'unknown host' })] }, /\(unknown host\)/, /KAFKA_BROKERS/],
    ['hangs', { sockets: [socket({ speaksTls: null })] }, /answers nothing/, /process and the log/],
    ['wants TLS', { sockets: [socket({ speaksTls: true })] }, /speaks TLS/, /KAFKA_TLS=true/],
    ['speaks plain', { isTls: true }, /does not speak TLS/, /KAFKA_TLS=false/],
    [
      'refuses the login',
      { said: 'SASL SCRAM failed', isTls: true, sockets: [socket({ speaksTls: true })], prefix: 'PLATFORM_KAFKA_' },
      /refuse the login/,
      /PLATFORM_KAFKA_SASL_PASSWORD/,
    ],
    [
      'has a certificate of its own',
      { said: 'self-signed certificate in certificate chain', isTls: true, sockets: [socket({ speaksTls: true })] },
      /not trusted/,
      /KAFKA_TLS_CA/,
    ],
    ['wants a login', { said: 'Closed connection' }, /without a login/, /KAFKA_SASL_MECHANISM/],
    ['fails otherwise', {}, /it failed/, /log of the brokers/],
  ])('%s', (_, change, says, remedy) => {
    expect(judgeKafkaTrouble({ ...attempt, ...change })).toMatchObject({
      severity: 'error',
      says: expect.stringMatching(says),
      remedy: expect.stringMatching(remedy),
    });
  });
});

describe('PostgreSQL', () => {
  const url = 'postgresql://app:planted@db:5432/webhooks';
  test.each<[string, unknown, RegExp, RegExp]>([
    ['has no such database', withCode('3D000'), /no database "webhooks" at db:5432/, /DATABASE_URL.*setup/],
    [
      'refuses the password',
      new Error('wrapped', { cause: withCode('28P01') }),
      /refuses the login/,
      /user and password/,
    ],
    ['is away', withCode('ECONNREFUSED'), /nothing listens at db:5432/, /start PostgreSQL/],
    ['is elsewhere', withCode('ENOTFOUND'), /host of db.* unknown/, /DATABASE_URL/],
    ['hangs', new Error('timeout expired'), /does not answer/, /hangs/],
    ['has no TLS', new Error('The server does not support SSL connections'), /TLS/, /sslmode/],
    ['has no connection left', withCode('53300'), /no connection left/, /max_connections/],
    ['starts', withCode('57P03'), /not taking connections/, /ask again/],
  ])('%s', (_, error, says, remedy) => {
    const found = judgeDatabaseTrouble(error, url);
    expect(found).toMatchObject({ says: expect.stringMatching(says), remedy: expect.stringMatching(remedy) });
    expect(JSON.stringify(found)).not.toContain('planted');
  });

  test('cannot be written', () => {
    expect(judgeWritability({ isStandby: false, isReadOnly: false })).toEqual([]);
    expect(judgeWritability({ isStandby: true, isReadOnly: true })).toMatchObject([
      { severity: 'error', says: expect.stringMatching(/standby/) },
    ]);
  });

  test('was migrated by a newer release', () => {
    expect(judgeNewer([])).toEqual([]);
    expect(judgeNewer(['9999-later'])).toMatchObject([
      { severity: 'warning', says: expect.stringMatching(/9999-later/) },
    ]);
  });
});

describe('the registry', () => {
  test.each<[string, unknown, RegExp, RegExp]>([
    ['refuses the login', new RegistryRefusal('/subjects', 401), /login \(401\)/, /SCHEMA_REGISTRY_PASSWORD/],
    ['refuses the user', new RegistryRefusal('/subjects', 403), /\(403\)/, /read subjects/],
    [
      'is at another path',
      new RegistryRefusal('/subjects', 404),
      /not as a schema registry/,
      /path of SCHEMA_REGISTRY_URL/,
    ],
    ['is in trouble', new RegistryRefusal('/subjects', 500), /answered 500/, /log of the registry/],
    ['is away', withCode('ECONNREFUSED'), /nothing listens/, /SCHEMA_REGISTRY_URL/],
    ['hangs', new Error('no answer within 5000 ms'), /answers nothing/, /hangs/],
    ['speaks plain', withCode('EPROTO', 'wrong version number'), /does not speak TLS/, /http:\/\//],
  ])('%s', (_, error, says, remedy) => {
    expect(judgeRegistryTrouble(error, 'http://r:8081/path')).toMatchObject({
      severity: 'error',
      says: expect.stringMatching(says),
      remedy: expect.stringMatching(remedy),
    });
  });
});

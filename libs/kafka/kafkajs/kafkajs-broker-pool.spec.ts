import './kafkajs-patches.ts';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { tolerantMetadata } from './kafkajs-broker-pool.ts';

const topic = (name: string, codes: readonly number[], topicErrorCode = 0) => ({
  topic: name,
  topicErrorCode,
  partitionMetadata: codes.map((partitionErrorCode) => ({ partitionErrorCode, leader: 1 })),
});

test('a partition without a leader is known as such, and keeps nobody from learning of the others', () => {
  const { topicMetadata } = tolerantMetadata({ topicMetadata: [topic('a', [0, 5])] }, true);
  expect(topicMetadata[0]?.partitionMetadata.map(({ leader }) => leader)).toEqual([1, -1]);
});

test('a topic that nobody asked for by name is left out when it has an error; one that was asked for throws it', () => {
  const metadata = { topicMetadata: [topic('a', [0]), topic('b', [], 3)] };
  expect(tolerantMetadata(metadata, false).topicMetadata.map(({ topic: name }) => name)).toEqual(['a']);
  expect(() => tolerantMetadata(metadata, true)).toThrow('This server does not host this topic-partition');
});

/** What kafkajs has of the brokers it knows, without connections. */
const makePool = () => {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster/brokerPool') as { prototype: object };
  const at = (host: string) => ({ nodeId: host, connectionPool: { host, port: 1 }, isConnected: () => true });
  const only = at('only');
  return Object.assign(Object.create(prototype) as object, {
    brokers: { only },
    seedBroker: only,
    metadataExpireAt: 1,
    connectionPoolBuilder: { build: () => Promise.resolve({ host: 'configured', port: 1 }) },
    createBroker: ({ connectionPool }: { connectionPool: { host: string } }) => at(connectionPool.host),
    findBroker: () => Promise.resolve(only),
  }) as unknown as {
    brokers: object;
    seedBroker: ReturnType<typeof at> | undefined;
    removeBroker(address: { host: string; port: number }): void;
    findConnectedBroker(): Promise<unknown>;
  };
};

test('a pool has a seed after its last broker was removed, and after that', async () => {
  const pool = makePool();
  pool.removeBroker({ host: 'only', port: 1 });
  expect(pool.brokers).toEqual({});
  expect(pool.seedBroker).toBeDefined();
  const other = makePool();
  other.seedBroker = undefined;
  other.removeBroker({ host: 'only', port: 1 });
  const third = makePool();
  third.seedBroker = undefined;
  await third.findConnectedBroker();
  expect(third).toMatchObject({ seedBroker: { connectionPool: { host: 'configured' } } });
});

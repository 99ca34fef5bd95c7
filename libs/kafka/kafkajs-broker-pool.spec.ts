import './kafkajs-patches.ts';
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

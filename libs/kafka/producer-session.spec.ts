import { describe, expect, test } from '@jest/globals';
import type { KafkaClient } from './kafka-client.ts';
import { OutgoingQueue, type OutgoingMessage, type QueuedRecord } from './outgoing-queue.ts';
import { ProducerSession } from './producer-session.ts';

interface Sent {
  readonly producer: number;
  readonly messages: readonly OutgoingMessage[];
}

type Answer = Error | { topicName: string; partition: number }[];

/** Answers what it is told to; keeps what it was given, by which producer. */
function session(...answers: Answer[]) {
  const sent: Sent[] = [];
  let producers = 0;
  const nothing = () => undefined;
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };
  const client = {
    producer: (partitionOf: (request: object) => number) => {
      producers += 1;
      const producer = producers;
      return {
        sockets: { close: (disconnected: Promise<unknown>) => disconnected },
        producer: {
          connect: () => Promise.resolve(),
          disconnect: () => Promise.resolve(),
          sendBatch: ({ topicMessages }: { topicMessages: { topic: string; messages: OutgoingMessage[] }[] }) => {
            for (const { topic, messages } of topicMessages) {
              const partitionMetadata = Array.from({ length: 50 }, (_, partitionId) => ({ partitionId, leader: 0 }));
              for (const message of messages) partitionOf({ topic, message, partitionMetadata });
              sent.push({ producer, messages: messages.map((message) => ({ ...message })) });
            }
            const answer = answers.shift();
            return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
          },
        },
      };
    },
  };
  return { session: new ProducerSession(client as unknown as KafkaClient, logger), sent };
}

function records(...values: string[]): QueuedRecord[] {
  const queue = new OutgoingQueue();
  for (const value of values) {
    void queue.append([{ topic: 't', key: null, value: Buffer.from(value) }], [1]).catch(() => undefined);
  }
  return queue.take({ bytesMax: Infinity, recordsMax: Infinity });
}

function failure(name: string, more: object = {}): Error {
  return Object.assign(new Error(name), { name, ...more });
}

const closed = () => failure('KafkaJSNonRetriableError', { cause: failure('KafkaJSConnectionClosedError') });

describe('after a failed send', () => {
  test('the same records go through the same producer, each to the partition that it had', async () => {
    const { session: sender, sent } = session(closed(), []);
    const batch = records('a', 'b', 'c');
    await expect(sender.send(batch)).rejects.toThrow();
    await sender.send(batch);
    expect(sent.map(({ producer }) => producer)).toEqual([1, 1]);
    expect(sent[1]?.messages).toEqual(sent[0]?.messages);
    expect(sent[0]?.messages.every(({ partition }) => partition !== undefined)).toBe(true);
  });

  test('other records go through a new producer, which cannot use their sequence numbers', async () => {
    const { session: sender, sent } = session(closed(), []);
    await expect(sender.send(records('a'))).rejects.toThrow();
    await sender.send(records('a', 'b'));
    expect(sent.map(({ producer }) => producer)).toEqual([1, 2]);
  });

  test.each([
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', false, 2],
    ['INVALID_PRODUCER_EPOCH', false, 2],
    ['NOT_LEADER_FOR_PARTITION', true, 1],
    ['NOT_ENOUGH_REPLICAS', true, 1],
  ])('with %s (retriable: %j) the next one is sent by producer %i', async (type, retriable, producer) => {
    const cause = failure('KafkaJSProtocolError', { type, retriable });
    const { session: sender, sent } = session(failure('KafkaJSNonRetriableError', { cause }), []);
    const batch = records('a');
    await expect(sender.send(batch)).rejects.toThrow();
    await sender.send(batch);
    expect(sent.at(-1)?.producer).toBe(producer);
  });

  test('that Kafka will never take, it says so and a new producer is made', async () => {
    const cause = failure('KafkaJSProtocolError', { type: 'MESSAGE_TOO_LARGE', retriable: false });
    const { session: sender, sent } = session(failure('KafkaJSNonRetriableError', { cause }), []);
    const batch = records('a', 'b');
    expect(await sender.send(batch)).toEqual({ taken: [], rest: batch, refused: 'MESSAGE_TOO_LARGE' });
    await sender.send(batch);
    expect(sent.map(({ producer }) => producer)).toEqual([1, 2]);
  });
});

test('a send that kafkajs calls done, though no broker answered for a partition, is not done', async () => {
  const batch = records('a', 'b');
  const { session: sender, sent } = session(closed(), []);
  await expect(sender.send(batch)).rejects.toThrow();
  const partition = batch[0]?.message.partition ?? -1;
  const { session: other } = session([{ topicName: 't', partition }]);
  const { taken, rest } = await other.send(batch);
  // Records without a key may come to lie in the same partition.
  expect(taken).toEqual(batch.filter(({ message }) => message.partition === partition));
  expect(rest).toEqual(batch.filter((record) => !taken.includes(record)));
  expect((await sender.send(batch)).rest).toEqual(batch);
  expect(sent).toHaveLength(2);
});

test('nothing is sent after the end', async () => {
  const { session: sender } = session();
  await sender.close();
  await expect(sender.send(records('a'))).rejects.toThrow('closed');
  expect(sender.isConnected).toBe(false);
});

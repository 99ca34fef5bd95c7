/** Kafka as others use it, to look at what libs/kafka did and to do what it never would. */
import { afterAll } from '@jest/globals';
import kafkajs, { type Kafka } from 'kafkajs';
import type { KafkaWorld } from './kafka-world.ts';

const { CompressionTypes } = kafkajs;

function connect(world: KafkaWorld): Kafka {
  return new kafkajs.Kafka({ brokers: [...world.brokers], clientId: 'foreign', logLevel: kafkajs.logLevel.NOTHING });
}

export async function foreignAdmin(world: KafkaWorld) {
  const admin = connect(world).admin();
  await admin.connect();
  afterAll(() => admin.disconnect());
  return {
    /** Of partition 0; offset -1 when there is none. */
    committed: async (groupId: string, topic: string) => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const partition = found?.partitions.find((candidate) => candidate.partition === 0);
      return { offset: Number(partition?.offset), metadata: partition?.metadata ?? '' };
    },
    commit: async (groupId: string, topic: string, offset: number) => {
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: String(offset) }] });
    },
    deleteUpTo: async (topic: string, offset: number) => {
      // It looks for the leader only in what it happens to know already.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
    },
    deleteTopic: async (topic: string) => {
      await admin.deleteTopics({ topics: [topic] });
    },
    addPartitions: async (topic: string, count: number) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
    },
  };
}

export interface ForeignTransaction {
  readonly values: readonly string[];
  readonly outcome: 'commit' | 'abort';
}

export function foreignKafka(world: KafkaWorld) {
  const compressions = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP };
  return {
    send: async (topic: string, values: readonly string[], compression: keyof typeof compressions, partition = 0) => {
      const producer = connect(world).producer();
      await producer.connect();
      const messages = values.map((value) => ({ key: value, value, partition }));
      await producer.send({ topic, messages, compression: compressions[compression] });
      await producer.disconnect();
    },
    transactions: async (topic: string, transactions: readonly ForeignTransaction[]) => {
      const producer = connect(world).producer({
        idempotent: true,
        maxInFlightRequests: 1,
        transactionalId: world.name('transactional'),
        retry: { initialRetryTime: 20 },
      });
      await producer.connect();
      for (const { values, outcome } of transactions) {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: values.map((value) => ({ key: value, value, partition: 0 })) });
        if (outcome === 'commit') await transaction.commit();
        else await transaction.abort();
      }
      await producer.disconnect();
    },
  };
}

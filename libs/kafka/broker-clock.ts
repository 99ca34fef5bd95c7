/**
 * What time it is for Kafka. No request asks a broker for its clock, but a topic can have the broker stamp its records: one
 * is made for one record, and taken away again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { KafkaClient } from './kafka-client.ts';

const tries = 20;
const betweenTriesMs = 100;

/**
 * How far the clock of the broker is ahead of ours, in milliseconds, give or take half of what one record takes.
 * @param topic a name that nobody else uses @throws what kafkajs throws, when topics may not be created for example
 */
export async function brokerAheadMs(client: KafkaClient, topic: string): Promise<number> {
  const admin = client.admin();
  const { producer } = client.producer(() => 0);
  try {
    await admin.connect();
    await producer.connect();
    await admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: 1,
          replicationFactor: -1,
          configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
        },
      ],
    });
    const append = async () => {
      const before = Date.now();
      const [answer] = await producer.send({ topic, acks: -1, messages: [{ value: '' }] });
      return Number(answer?.logAppendTime ?? NaN) - (before + Date.now()) / 2;
    };
    // The first one looks the topic up and gets its sequence numbers: only the second is quick.
    await retried(append);
    const aheadMs = await append();
    if (Number.isNaN(aheadMs)) throw new Error('the broker did not stamp the record');
    return aheadMs;
  } finally {
    await admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
    await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
  }
}

/** A topic is not known everywhere the moment it was created. */
async function retried(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt === tries) throw error;
      await pause(betweenTriesMs);
    }
  }
}

/** Events as any platform service would produce them: CloudEvents in JSON, structured mode, with a plain Kafka client. */
import { randomUUID } from 'node:crypto';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { clientOptions, kafkaConnection } from '../libs/kafka/cluster/kafka-client.ts';
import { connectionKeys, topicKeys } from '../libs/runtime/config-keys.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import { platformKafkaKeys } from '../libs/runtime/platform-kafka-keys.ts';
import { topics } from '../libs/wire/topics.ts';

export interface PlatformEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly time: string;
  /** The audience. */
  readonly clientid: string;
  readonly datacontenttype: 'application/json';
  readonly data: object;
}

export function platformEvent(type: string, clientId: string, data: object): PlatformEvent {
  return {
    specversion: '1.0',
    id: randomUUID(),
    type,
    source: '/demo/orders',
    time: new Date().toISOString(),
    clientid: clientId,
    datacontenttype: 'application/json',
    data,
  };
}

export interface PlatformRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A connected producer of platform events. */
export interface PlatformProducer {
  readonly topic: string;
  /** Resolves when all are acknowledged. @throws what the Kafka client throws */
  send(records: readonly PlatformRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** @param clientId by which the brokers know it @throws what the Kafka client throws */
export async function openPlatform(env: Environment, clientId: string): Promise<PlatformProducer> {
  const keys = { ...connectionKeys, PLATFORM_TOPICS: topicKeys.PLATFORM_TOPICS } as const;
  const config = readConfig({ ...keys, PLATFORM_KAFKA_BROKERS: platformKafkaKeys.PLATFORM_KAFKA_BROKERS }, env);
  const kafka = new Kafka({ ...clientOptions(kafkaConnection(config, clientId)), logLevel: logLevel.NOTHING });
  // Of a cluster of the platform's own we only read.
  const inputs = config.PLATFORM_KAFKA_BROKERS === null ? config.PLATFORM_TOPICS : [];
  const topic = config.TOPIC_PREFIX + (inputs.find((name) => !name.startsWith('/')) ?? topics.platformEvents.name);
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    topic,
    send: async (records) => {
      await producer.send({ topic, messages: [...records], acks: -1 });
    },
    close: () => producer.disconnect(),
  };
}

/** Resolves with the topic when all events are acknowledged. @throws what the Kafka client throws */
export async function produce(env: Environment, events: readonly PlatformEvent[]): Promise<string> {
  const platform = await openPlatform(env, 'platform-service');
  const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
  try {
    await platform.send(events.map((event) => ({ key: event.clientid, value: JSON.stringify(event), headers })));
  } finally {
    await platform.close();
  }
  return platform.topic;
}

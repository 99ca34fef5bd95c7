/** Events as any platform service would produce them: CloudEvents in JSON, structured mode, with a plain Kafka client. */
import { randomUUID } from 'node:crypto';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { kafkaConnection } from '../libs/kafka/kafka-client.ts';
import { connectionKeys, topicKeys } from '../libs/runtime/config-keys.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';

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

/** Resolves with the topic when all events are acknowledged. @throws what the Kafka client throws */
export async function produce(env: Environment, events: readonly PlatformEvent[]): Promise<string> {
  const config = readConfig({ ...connectionKeys, PLATFORM_TOPICS: topicKeys.PLATFORM_TOPICS }, env);
  const { brokers, tls, tlsCa, sasl } = kafkaConnection(config, 'platform-service');
  const kafka = new Kafka({
    clientId: 'platform-service',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    ...(tls ? { ssl: tlsCa === null ? true : { ca: tlsCa } } : {}),
    ...(sasl === null ? {} : { sasl: sasl as Extract<typeof sasl, { mechanism: 'plain' }> }),
  });
  const topic =
    config.TOPIC_PREFIX + (config.PLATFORM_TOPICS.find((name) => !name.startsWith('/')) ?? 'platform.events');
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
    const messages = events.map((event) => ({ key: event.clientid, value: JSON.stringify(event), headers }));
    await producer.send({ topic, messages, acks: -1 });
  } finally {
    await producer.disconnect();
  }
  return topic;
}

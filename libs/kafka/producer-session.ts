/**
 * The idempotent producer of kafkajs, used in the one way in which it is safe.
 *
 * - One `sendBatch` at a time, and after a failure the same records again: kafkajs takes the sequence numbers of a
 *   failed send back, so the same records carry the same numbers and the broker drops what it has already; other
 *   records under these numbers would be dropped as duplicates. When the records change, the producer is given up.
 * - A record's partition is chosen once: records without a key would else be grouped anew at each try.
 * - What was sent is compared with what was acknowledged: when a partition moves to a broker that already answered in
 *   the same call, kafkajs resolves without having sent its records.
 */
import { randomInt } from 'node:crypto';
import type { ICustomPartitioner, Producer } from 'kafkajs';
import type { Logger } from '../runtime/logger.ts';
import type { KafkaClient } from './kafka-client.ts';
import type { OutgoingMessage, QueuedRecord } from './outgoing-queue.ts';
import { partitionOfKey } from './partitioner.ts';
import type { Sockets } from './sockets.ts';

export interface SendResult {
  readonly taken: readonly QueuedRecord[];
  /** Not taken, to be sent again. */
  readonly rest: readonly QueuedRecord[];
  /** Why at least one of the rest will never be taken. */
  readonly refused: string | null;
}

interface Live {
  readonly producer: Producer;
  readonly sockets: Sockets;
}

/** Kafka will not take a batch like this one, however often it is tried. */
const refusals = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];

export class ProducerSession {
  private readonly client: KafkaClient;
  private readonly logger: Logger;
  private live: Live | null = null;
  private isReady = false;
  private isClosed = false;
  /** Records whose sequence numbers the producer would use again. */
  private failed: readonly QueuedRecord[] | null = null;

  constructor(client: KafkaClient, logger: Logger) {
    this.client = client;
    this.logger = logger;
  }

  get isConnected(): boolean {
    return this.isReady;
  }

  async connect(): Promise<void> {
    await this.ready();
  }

  /** @throws what kafkajs throws; to be tried again with the same records */
  async send(records: readonly QueuedRecord[]): Promise<SendResult> {
    if (this.failed !== null && !isSame(this.failed, records)) await this.giveUp('the records changed');
    const producer = await this.ready();
    try {
      const answers = await producer.sendBatch({ acks: -1, topicMessages: byTopic(records) });
      this.failed = null;
      return splitByAnswer(records, answers);
    } catch (error) {
      this.failed = records;
      const types = typesIn(error);
      const refused = refusals.find((type) => types.includes(type)) ?? null;
      if (refused !== null) {
        await this.giveUp(refused);
        return { taken: [], rest: records, refused };
      }
      if (!isPassing(error)) await this.giveUp(types.join(', ') || String(error));
      throw error;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.disconnect();
  }

  private async ready(): Promise<Producer> {
    if (this.isClosed) throw new Error('the producer was closed');
    this.live ??= this.client.producer(choosePartition);
    const { producer } = this.live;
    if (!this.isReady) {
      await producer.connect();
      this.isReady = true;
    }
    return producer;
  }

  private async giveUp(reason: string): Promise<void> {
    this.logger.warn({ reason }, 'a new producer is made');
    this.failed = null;
    await this.disconnect();
  }

  private async disconnect(): Promise<void> {
    const { live } = this;
    this.live = null;
    this.isReady = false;
    await live?.sockets.close(live.producer.disconnect());
  }
}

const choosePartition: ReturnType<ICustomPartitioner> = ({ message: given, partitionMetadata }) => {
  const message = given as OutgoingMessage;
  const { key } = message;
  message.partition ??=
    key === null ? randomInt(partitionMetadata.length) : partitionOfKey(key, partitionMetadata.length);
  return message.partition;
};

function byTopic(records: readonly QueuedRecord[]): { topic: string; messages: OutgoingMessage[] }[] {
  const topics = new Map<string, OutgoingMessage[]>();
  for (const { topic, message } of records) {
    const messages = topics.get(topic);
    if (messages === undefined) topics.set(topic, [message]);
    else messages.push(message);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

/** @param answers one for each partition that a broker took records for */
export function splitByAnswer(
  records: readonly QueuedRecord[],
  answers: readonly { topicName: string; partition: number }[],
): SendResult {
  const answered = new Map<string, Set<number>>();
  for (const { topicName, partition } of answers) {
    const partitions = answered.get(topicName);
    if (partitions === undefined) answered.set(topicName, new Set([partition]));
    else partitions.add(partition);
  }
  const taken: QueuedRecord[] = [];
  const rest: QueuedRecord[] = [];
  for (const record of records) {
    const isTaken = answered.get(record.topic)?.has(record.message.partition ?? -1) === true;
    (isTaken ? taken : rest).push(record);
  }
  return { taken, rest, refused: null };
}

function isSame(one: readonly QueuedRecord[], other: readonly QueuedRecord[]): boolean {
  return one.length === other.length && one.every((record, index) => record === other[index]);
}

/** Names and protocol error types of an error and its causes. */
function typesIn(error: unknown): string[] {
  const found: string[] = [];
  for (let at = error as ErrorLink | undefined; at !== undefined && found.length < 20; at = at.cause) {
    for (const word of [at.type, at.name]) if (word !== undefined && !found.includes(word)) found.push(word);
  }
  return found;
}

/** Connections, leaders and replicas come back: the same producer goes on. */
function isPassing(error: unknown): boolean {
  for (let at = error as ErrorLink | undefined; at !== undefined; at = at.cause) {
    if (at.type !== undefined) return at.retriable === true;
    if (passingNames.includes(at.name ?? '')) return true;
  }
  return false;
}

interface ErrorLink {
  readonly name?: string;
  readonly type?: string;
  readonly retriable?: boolean;
  readonly cause?: ErrorLink;
}

const passingNames = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
];

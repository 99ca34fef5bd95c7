/** The topics of a system under test, through a plain Kafka client as a platform service or a data team has it. */
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { allTopics, topicName } from '../../libs/wire/topics.ts';

export interface PublishOptions {
  /** Key of all records; without it the client's partitioner spreads them. */
  readonly key?: string;
  /** Without prefix. Default: platform.events */
  readonly topic?: string;
}

export interface RawRecord {
  readonly key?: string;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
}

/** With what Kafka allows and few producers do: a header more than once, a timestamp of the producer's own. */
export interface OddRecord extends Omit<RawRecord, 'headers'> {
  readonly headers?: Readonly<Record<string, string | Buffer | (string | Buffer)[]>>;
  /** Default: now, in milliseconds */
  readonly timestamp?: string;
}

export interface ReadRecord {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: number;
}

const recordsPerRequest = 500;

export class SystemTopics {
  private readonly kafka: Kafka;
  private readonly prefix: string;
  private producer: Promise<Producer> | null = null;

  constructor(brokers: string[], prefix: string) {
    this.kafka = new Kafka({ clientId: 'platform-service', brokers, logLevel: logLevel.NOTHING });
    this.prefix = prefix;
  }

  async publish(events: readonly object[], options: PublishOptions = {}): Promise<void> {
    const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
    await this.publishRaw(
      events.map((event) => ({ value: JSON.stringify(event), headers })),
      options,
    );
  }

  async publishRaw(records: readonly OddRecord[], options: PublishOptions = {}): Promise<void> {
    this.producer ??= this.connectProducer();
    const producer = await this.producer;
    const topic = this.prefix + (options.topic ?? 'platform.events');
    const messages = records.map(({ key = options.key, value, headers, timestamp }) => ({
      value,
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(key === undefined ? {} : { key }),
      ...(headers === undefined ? {} : { headers }),
    }));
    // One request after another: that is what keeps the order.
    for (let start = 0; start < messages.length; start += recordsPerRequest) {
      await producer.send({ topic, messages: messages.slice(start, start + recordsPerRequest), acks: -1 });
    }
  }

  async records(name: string): Promise<ReadRecord[]> {
    const topic = this.prefix + name;
    const admin = this.kafka.admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
    const open = new Set(ends.filter(({ low, high }) => low !== high).map(({ partition }) => partition));
    if (open.size === 0) return [];
    const lastOf = new Map(ends.map(({ partition, high }) => [partition, BigInt(high) - 1n]));
    return this.readUntil(topic, open, (partition) => lastOf.get(partition) ?? 0n);
  }

  async close(): Promise<void> {
    await (await this.producer)?.disconnect();
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const existing = new Set(await admin.listTopics());
      const own = allTopics.map((spec) => topicName(this.prefix, spec)).filter((topic) => existing.has(topic));
      // A run has many systems: their topics would weigh on the one broker.
      if (this.prefix !== '' && own.length > 0) await admin.deleteTopics({ topics: own });
    } finally {
      await admin.disconnect();
    }
  }

  private async connectProducer(): Promise<Producer> {
    const producer = this.kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    return producer;
  }

  private async readUntil(
    topic: string,
    open: Set<number>,
    lastOf: (partition: number) => bigint,
  ): Promise<ReadRecord[]> {
    const consumer = this.kafka.consumer({ groupId: `${this.prefix}reader-${Date.now()}`, maxWaitTimeInMs: 50 });
    const found: ReadRecord[] = [];
    await consumer.connect();
    try {
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => {
          reject(payload.error);
        });
        const run = consumer.run({
          autoCommit: false,
          eachMessage: ({ partition, message }) => {
            const offset = BigInt(message.offset);
            if (offset <= lastOf(partition)) found.push(readRecord(partition, offset, message));
            if (offset >= lastOf(partition)) open.delete(partition);
            if (open.size === 0) resolve();
            return Promise.resolve();
          },
        });
        run.catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
    return found;
  }
}

interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}

function readRecord(partition: number, offset: bigint, message: Message): ReadRecord {
  const headers: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[name] = Buffer.from(first);
  }
  return {
    key: message.key?.toString('utf8') ?? null,
    value: message.value,
    headers,
    partition,
    offset,
    timestamp: Number(message.timestamp),
  };
}

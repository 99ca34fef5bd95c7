/** What a test of libs/kafka works with: its own topics on the real broker, clients, and consumers that it stops. */
import { afterAll } from '@jest/globals';
import { BatchConsumer } from '../../../libs/kafka/consumer/batch-consumer.ts';
import type { BatchConsumerOptions } from '../../../libs/kafka/consumer/consumer-options.ts';
import { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../../libs/kafka/record.ts';
import { TopicAdmin } from '../../../libs/kafka/cluster/topic-admin.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import { testStack } from '../../support/test-stack.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what is logged. With DEBUG_KAFKA_TESTS set it is shown too. */
export function keptLog(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (fields: LogLine['fields'], message: string) => {
    lines.push({ level, message, fields });
    if (process.env['DEBUG_KAFKA_TESTS'] !== undefined) {
      process.stderr.write(`${new Date().toISOString()} ${level} ${message} ${JSON.stringify(fields)}\n`);
    }
  };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return { logger, lines };
}

export class KafkaWorld {
  readonly prefix: string;
  readonly log = keptLog();
  readonly sink: RecordSink;
  readonly admin: TopicAdmin;
  readonly brokers: readonly string[];
  private readonly started: { stop(): Promise<void> }[] = [];
  private names = 0;

  constructor(brokers: string, prefix: string) {
    this.brokers = brokers.split(',');
    this.prefix = prefix;
    this.sink = new RecordSink(this.client(), this.log.logger);
    this.admin = new TopicAdmin(this.client());
  }

  client(clientId = 'test'): KafkaClient {
    const connection = { brokers: this.brokers, tls: false, tlsCa: null, sasl: null, clientId };
    return new KafkaClient(connection, this.log.logger);
  }

  /** Another name at each call, for topics and groups. */
  name(what: string): string {
    this.names += 1;
    return `${this.prefix}${what}-${this.names}`;
  }

  async topic(partitions = 1, config: Record<string, string> = {}): Promise<string> {
    const name = this.name('topic');
    await this.admin.ensure([{ name, partitions, replication: 1, config }]);
    return name;
  }

  /** Values `from` to `to`, exclusive, as text. */
  async produce(topic: string, from: number, to: number, partition = 0): Promise<void> {
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    await this.sink.append(
      numbers.map((value) => ({ topic, key: null, partition, value: Buffer.from(String(value)) })),
    );
  }

  consumer(options: Partial<BatchConsumerOptions> & Pick<BatchConsumerOptions, 'groupId' | 'subscriptions'>): Reader {
    const reader = new Reader(this.client(), options, this.log.logger);
    this.started.push(reader);
    return reader;
  }

  /** Stopped at the end, whatever becomes of the test. */
  stopLater<T extends { stop(): Promise<void> }>(part: T): T {
    this.started.push(part);
    return part;
  }

  async close(): Promise<void> {
    await Promise.all(this.started.map((part) => part.stop()));
    await this.sink.close();
    await this.admin.close();
  }
}

/** A consumer that keeps what it is given. */
export class Reader {
  readonly batches: RecordBatch[] = [];
  readonly records: KafkaRecord[] = [];
  readonly assigned: (readonly PartitionLease[])[] = [];
  readonly revoked: (readonly PartitionLease[])[] = [];
  readonly failures: unknown[] = [];
  readonly consumer: BatchConsumer;
  /** Complete what comes at once. */
  isAutomatic = true;

  constructor(
    client: KafkaClient,
    options: Partial<BatchConsumerOptions> & Pick<BatchConsumerOptions, 'groupId' | 'subscriptions'>,
    logger: Logger,
  ) {
    const all: BatchConsumerOptions = {
      ...options,
      exit: (error) => this.failures.push(error),
      onBatch: (batch) => {
        this.batches.push(batch);
        this.records.push(...batch.records);
        if (this.isAutomatic) for (const { offset } of batch.records) batch.lease.complete(offset);
        options.onBatch?.(batch);
      },
      onAssigned: async (leases, unreadable) => {
        this.assigned.push(leases);
        return (await options.onAssigned?.(leases, unreadable)) ?? [];
      },
      onRevoking: async (leases) => {
        this.revoked.push(leases);
        await options.onRevoking?.(leases);
      },
    };
    this.consumer = new BatchConsumer(client, all, logger);
  }

  get values(): number[] {
    return this.records.map(valueOf);
  }

  /** Of the last assignment. */
  lease(topic: string, partition = 0): PartitionLease {
    const lease = this.assigned.at(-1)?.find((held) => held.topic === topic && held.partition === partition);
    if (lease === undefined) throw new Error(`no lease of ${topic}-${partition}`);
    return lease;
  }

  start(): Promise<void> {
    return this.consumer.start();
  }

  stop(): Promise<void> {
    return this.consumer.stop();
  }
}

export function valueOf({ value }: KafkaRecord): number {
  return Number(value?.toString());
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** One for a test file; closed at its end. */
export async function kafkaWorld(): Promise<KafkaWorld> {
  const { kafkaBrokers, topicPrefix } = await testStack({ kafka: true });
  const world = new KafkaWorld(kafkaBrokers, topicPrefix);
  afterAll(() => world.close(), 30_000);
  return world;
}

/** For `until`: as soon as it is so. */
export const soon = { timeoutMs: 20_000, everyMs: 10 };

/**
 * A connection to the brokers for producing: who leads what, an id for the producer, produce requests. Connections,
 * versions, TLS and SASL stay kafkajs' work.
 * Holds: an error of one partition or topic is told of that one only; whoever asks learns whether a request that failed
 * may have reached the broker.
 */
import type { Cluster, Kafka } from 'kafkajs';
import { answerMsMax, answerWithin } from '../cluster/broker-answer.ts';
import { clusterOf } from '../cluster/cluster-link.ts';
import { encoded } from '../fetch/fetch-request.ts';
import { unpatchedMetadata } from '../kafkajs/kafkajs-broker-pool.ts';
import { decodeProduceAnswer, type PartitionAnswer } from './produce-request.ts';
import type { Sockets } from '../cluster/sockets.ts';
import { within } from '../within.ts';

export interface TopicLeaders {
  readonly topic: string;
  readonly errorCode: number;
  /** By number of the partition; -1: nobody leads it now. Empty when there is an error. */
  readonly leaders: readonly number[];
}

/** What the producer needs of a cluster. */
export interface ProducerLink {
  connect(): Promise<void>;
  producerId(): Promise<{ readonly producerId: bigint; readonly epoch: number }>;
  /** `slow`: nodes to ask only when there is no other. */
  topics(names: readonly string[], slow: ReadonlySet<number>): Promise<readonly TopicLeaders[]>;
  /**
   * `body` is asked for when the request can be written. `isWanted` is asked just before.
   * @throws NotSentError when the broker has certainly got nothing; else an error after which nobody knows
   */
  produce(nodeId: number, body: () => Buffer, isWanted: () => boolean): Promise<readonly PartitionAnswer[]>;
  close(): Promise<void>;
}

/** The request did not reach the broker. */
export class NotSentError extends Error {}

/** How long a leader waits for the other in-sync replicas: kafkajs' default. */
export const produceTimeoutMs = 30_000;
/** Means nothing without transactions; kafkajs' default. */
const transactionTimeoutMs = 60_000;
/** The broker's answer that it took too long comes first. */
const answerTimeoutMs = produceTimeoutMs + 5_000;
/** A broker that is frozen keeps a question about leaders: then another one is asked. */
const metadataTimeoutMs = 2_000;

interface Protocol {
  readonly request: { readonly apiVersion: number };
  readonly response: object;
}

type Lookup = (apiKey: number, versions: unknown) => (fields: object) => Protocol;

/** What kafkajs' broker object has and its published type leaves out. */
interface BrokerObject {
  lookupRequest: Lookup;
  readonly nodeId: number | string | null;
  isConnected(): boolean;
  disconnect(): Promise<void>;
  metadata: (topics: readonly string[]) => Promise<unknown>;
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
  produce(fields: object): Promise<{ partitions: readonly PartitionAnswer[] }>;
}

interface TopicMetadata {
  readonly topic: string;
  readonly topicErrorCode: number;
  readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
}

/** The part of kafkajs' cluster that keeps brokers and metadata. */
interface BrokerPool {
  createBroker: (options: object) => BrokerObject;
  findConnectedBroker: () => Promise<BrokerObject>;
  readonly brokers: Readonly<Record<string, BrokerObject>>;
  readonly metadata: { readonly topicMetadata: readonly TopicMetadata[] } | null;
  refreshMetadata(topics: readonly string[]): Promise<unknown>;
  findBroker(wanted: { nodeId: string }): Promise<BrokerObject>;
}

export class KafkaProducerLink implements ProducerLink {
  private readonly cluster: Cluster;
  private readonly pool: BrokerPool;
  private readonly sockets: Sockets;
  private slow: ReadonlySet<number> = new Set();
  /** Asked last for metadata; null once it answered. */
  private asked: number | null = null;

  constructor(kafka: Kafka, sockets: Sockets, metadataMaxAgeMs: number) {
    this.cluster = clusterOf(kafka, metadataMaxAgeMs);
    this.sockets = sockets;
    this.pool = (this.cluster as unknown as { brokerPool: BrokerPool }).brokerPool;
    const { createBroker, findConnectedBroker } = this.pool;
    this.pool.createBroker = (options) => withTolerantMetadata(createBroker(options));
    this.pool.findConnectedBroker = async () =>
      (await this.findQuickBroker()) ?? (await findConnectedBroker.call(this.pool));
  }

  async connect(): Promise<void> {
    await this.cluster.connect();
  }

  async producerId(): Promise<{ producerId: bigint; epoch: number }> {
    await this.cluster.connect();
    this.avoid(this.slow);
    const answer = this.pool
      .findConnectedBroker()
      .then((broker) => broker.initProducerId({ transactionTimeout: transactionTimeoutMs }));
    // What the broker owes besides may only be slow, and is not cut off for this.
    const { producerId, producerEpoch } = await answerWithin(undefined, answerMsMax, answer);
    this.asked = null;
    return { producerId: BigInt(producerId), epoch: producerEpoch };
  }

  async topics(names: readonly string[], slow: ReadonlySet<number>): Promise<readonly TopicLeaders[]> {
    this.avoid(slow);
    await this.cluster.connect();
    const refreshed = this.pool.refreshMetadata(names);
    refreshed.catch(() => undefined);
    if (!(await within(metadataTimeoutMs, refreshed)))
      throw new Error('no broker told in time who leads the partitions');
    this.asked = null;
    return (this.pool.metadata?.topicMetadata ?? []).map(leadersOf);
  }

  async produce(nodeId: number, body: () => Buffer, isWanted: () => boolean): Promise<readonly PartitionAnswer[]> {
    const progress = { isSent: false };
    try {
      const id = String(nodeId);
      // One that is frozen takes connections. kafkajs' own limits are read off a clock that can be set.
      const broker = await answerWithin(this.pool.brokers[id], answerMsMax, this.pool.findBroker({ nodeId: id }));
      if (!isWanted()) throw new NotSentError('the request is not wanted any more');
      const answer = withProduceOf(broker, () => {
        const bytes = body();
        progress.isSent = true;
        return bytes;
      }).produce({ topicData: [], acks: -1 });
      return (await answerWithin(broker, answerTimeoutMs, answer)).partitions;
    } catch (error) {
      if (progress.isSent) this.dropStalled(nodeId, error);
      if (progress.isSent || error instanceof NotSentError) throw error;
      throw new NotSentError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.sockets.close(this.cluster.disconnect());
  }

  /** Whoever did not answer the last time is not asked first. */
  private avoid(slow: ReadonlySet<number>): void {
    this.slow = this.asked === null ? slow : new Set([...slow, this.asked]);
  }

  /** The connection may be dead without knowing it; kafkajs would go on using it. */
  private dropStalled(nodeId: number, error: unknown): void {
    if (!(error instanceof Error) || error.name !== 'KafkaJSRequestTimeoutError') return;
    this.pool.brokers[String(nodeId)]?.disconnect().catch(() => undefined);
  }

  private async findQuickBroker(): Promise<BrokerObject | null> {
    const quick = Object.entries(this.pool.brokers).filter(([nodeId]) => !this.slow.has(Number(nodeId)));
    // Those with a connection first, and among them not always the same.
    quick.sort(([, one], [, other]) => Number(other.isConnected()) - Number(one.isConnected()) || Math.random() - 0.5);
    for (const [nodeId] of quick) {
      try {
        this.asked = Number(nodeId);
        return await this.pool.findBroker({ nodeId });
      } catch {
        // The next one, then.
      }
    }
    return null;
  }
}

function leadersOf({ topic, topicErrorCode, partitionMetadata }: TopicMetadata): TopicLeaders {
  const leaders: number[] = [];
  if (topicErrorCode === 0) {
    for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
    for (let index = 0; index < leaders.length; index += 1) leaders[index] ??= -1;
  }
  return { topic, errorCode: topicErrorCode, leaders };
}

const metadataKey = 3;

/** kafkajs throws away all metadata when one partition of one topic has no leader. */
function withTolerantMetadata(broker: BrokerObject): BrokerObject {
  broker.metadata = (topics) => {
    const own = withProtocol(broker, metadataKey, (protocol) => ({
      ...protocol,
      response: { ...protocol.response, parse: (decoded: object) => Promise.resolve(decoded) },
    }));
    return unpatchedMetadata(own, topics);
  };
  return broker;
}

const produceKey = 0;

function withProduceOf(broker: BrokerObject, body: () => Buffer): BrokerObject {
  return withProtocol(broker, produceKey, ({ request }) => ({
    request: { ...request, encode: () => Promise.resolve(encoded(body())) },
    requestTimeout: answerTimeoutMs,
    response: {
      decode: (answer: Buffer) => {
        const { partitions, throttleMs } = decodeProduceAnswer(answer, request.apiVersion);
        return Promise.resolve({ partitions, clientSideThrottleTime: request.apiVersion >= 6 ? throttleMs : 0 });
      },
      parse: (decoded: object) => Promise.resolve(decoded),
    },
  }));
}

function withProtocol(broker: BrokerObject, key: number, change: (protocol: Protocol) => Protocol): BrokerObject {
  const own = Object.create(broker) as BrokerObject;
  own.lookupRequest = (apiKey, versions) => {
    const make = broker.lookupRequest(apiKey, versions);
    return (fields) => (apiKey === key ? change(make(fields)) : make(fields));
  };
  return own;
}

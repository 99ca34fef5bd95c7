/**
 * How kafkajs looks for topics, leaders and coordinators, changed once per process by {@link askAnyBroker}; for every client:
 * links, producers, admins.
 * Holds: an answer of any broker will do, so one that is frozen or gone holds nobody up; a partition without a leader is known
 * as such, with leader -1, and keeps nobody from learning of the others; nor does a topic that nobody asked for by name.
 */
import { createRequire } from 'node:module';
import type { Cluster } from 'kafkajs';
import { answerMsMax, answerWithin, cutOff, NoAnswerError, withErrorsInside } from '../cluster/broker-answer.ts';
import { firstAnswer } from '../fetch/first-answer.ts';
import { within } from '../within.ts';

/** Longer than a healthy broker takes, and short enough to be waited for by a member that has lost its coordinator. */
const headStartMs = 300;
/** A broker that is left has so long to answer what it still owes. */
const lastAnswersMsMax = 300;
/** So many addresses of the configuration are tried at once when those before are silent. */
const seedPlaces = [0, 1, 2];
const leaderlessCodes = [5, 9, 72]; // LEADER_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE, LISTENER_NOT_FOUND

interface PartitionMetadata {
  readonly partitionErrorCode: number;
  readonly leader: number;
}

export interface ClusterMetadata {
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly PartitionMetadata[];
  }[];
}

interface MetadataBroker {
  readonly nodeId: number | null;
  readonly versions: object | null;
  readonly connectionPool: { readonly host: string; readonly port: number };
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect: (this: MetadataBroker) => Promise<void>;
  metadata: (this: MetadataBroker, topics?: readonly string[]) => Promise<ClusterMetadata>;
}

interface Pool {
  brokers: Record<string, MetadataBroker>;
  seedBroker: MetadataBroker | undefined;
  versions: object | null;
  metadataExpireAt: number | null;
  readonly logger: { error(message: string, fields: object): void };
  readonly rootLogger: object;
  readonly connectionPoolBuilder: { build(): Promise<object> };
  createBroker(options: { connectionPool: object; logger: object }): MetadataBroker;
  removeBroker(address: { host: string; port: number }): void;
  retrier(attempt: (bail: (error: unknown) => void, retryCount: number) => Promise<void>): Promise<void>;
  createSeedBroker(): Promise<void>;
  connect(): Promise<void>;
  findBroker(node: { nodeId: string }): Promise<MetadataBroker>;
  findConnectedBroker(): Promise<MetadataBroker>;
  withBroker<Answer>(callback: (node: { nodeId: string; broker: MetadataBroker }) => Promise<Answer>): Promise<Answer>;
}

/** Those that are connected first; among equals, by chance. */
function candidates({ brokers }: Pool): string[] {
  const chances = Object.keys(brokers).map((nodeId) => ({ nodeId, rank: Math.random() - rankOf(brokers[nodeId]) }));
  return chances.sort((a, b) => a.rank - b.rank).map(({ nodeId }) => nodeId);
}

function rankOf(broker: MetadataBroker | undefined): number {
  return broker?.isConnected() === true ? 1 : 0;
}

/** @throws what the first broker that was asked said, when none answers */
function askAny<Answer>(pool: Pool, ask: (nodeId: string, broker: MetadataBroker) => Promise<Answer>): Promise<Answer> {
  return firstAnswer(
    candidates(pool),
    (nodeId) =>
      answerWithin(
        pool.brokers[nodeId],
        answerMsMax,
        pool.findBroker({ nodeId }).then((broker) => ask(nodeId, broker)),
      ),
    headStartMs,
  );
}

/** How a broker is asked, and how its errors are taken. */
type Ask = (broker: MetadataBroker) => Promise<ClusterMetadata>;

/** From an address of the configuration; another one the next time. */
async function askSeed(pool: Pool, ask: Ask): Promise<ClusterMetadata> {
  await pool.connect();
  const seed = pool.seedBroker;
  if (seed === undefined) throw new Error('there is no broker to ask');
  try {
    return await answerWithin(seed, answerMsMax, ask(seed));
  } catch (error) {
    if (!isAnswer(error)) await pool.createSeedBroker();
    throw error;
  }
}

/** A broker said so, others would too. */
function isAnswer(error: unknown): boolean {
  return (error as { name?: string }).name === 'KafkaJSProtocolError';
}

async function metadataOf(pool: Pool, ask: Ask): Promise<ClusterMetadata> {
  const answerOf = (_: string, broker: MetadataBroker) =>
    ask(broker).catch((error: unknown) => {
      if (isAnswer(error)) return error as Error;
      throw error;
    });
  const answer = await askAny(pool, answerOf).catch(() => askSeed(pool, ask));
  if (answer instanceof Error) throw answer;
  return answer;
}

/** A broker that is connected; metadata is asked of others too. */
async function anyBroker(pool: Pool): Promise<MetadataBroker> {
  const found = await askAny(pool, (_, broker) => Promise.resolve(broker)).catch(async () => {
    await pool.connect();
    return pool.seedBroker;
  });
  if (found === undefined) throw new Error('there is no broker to ask');
  pool.seedBroker ??= await newSeed(pool);
  const broker = Object.create(found) as MetadataBroker;
  broker.metadata = (topics = []) => metadataOf(pool, (asked) => asked.metadata(topics));
  return broker;
}

/** Those of these topics that exist and may be read; whatever is wrong with one says nothing of the others. */
export async function existingTopics(cluster: Cluster, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const { brokerPool } = cluster as unknown as { brokerPool: Pool };
  const { topicMetadata } = await metadataOf(brokerPool, (broker) =>
    plainMetadata.call(withErrorsInside(broker), names),
  );
  return topicMetadata.filter(({ topicErrorCode }) => topicErrorCode === 0).map(({ topic }) => topic);
}

/** kafkajs stays with an address that takes connections and answers nothing. @throws what the first of them said */
async function firstSeed(pool: Pool): Promise<MetadataBroker> {
  const seeds: MetadataBroker[] = [];
  let found: MetadataBroker | undefined;
  const tooLate = new NoAnswerError('another address answered first');
  const connected = async () => {
    const seed = await newSeed(pool);
    seeds.push(seed);
    if (found === undefined) await answerWithin(seed, answerMsMax, seed.connect());
    found ??= seed;
    return seed;
  };
  try {
    return await firstAnswer(seedPlaces, connected, headStartMs);
  } finally {
    for (const seed of seeds) if (seed !== found) cutOff(seed, tooLate);
    // Never none: kafkajs looks into it whenever it looks at the metadata.
    pool.seedBroker = found ?? seeds.at(-1) ?? pool.seedBroker;
  }
}

/** At the next address of the configuration, not connected yet; that of the pool stays as it is. */
async function newSeed(pool: Pool): Promise<MetadataBroker> {
  return pool.createBroker({ connectionPool: await pool.connectionPoolBuilder.build(), logger: pool.rootLogger });
}

const connecting = new WeakMap<Pool, Promise<void>>();

/** One attempt at a time. */
function connect(pool: Pool): Promise<void> {
  const running = connecting.get(pool);
  if (running !== undefined) return running;
  const attempt = connectNow(pool).finally(() => connecting.delete(pool));
  connecting.set(pool, attempt);
  return attempt;
}

async function connectNow(pool: Pool): Promise<void> {
  const known = [...Object.values(pool.brokers), ...(pool.seedBroker === undefined ? [] : [pool.seedBroker])];
  if (known.some((broker) => broker.isConnected() && broker.versions !== null)) return;
  await pool.retrier(async (bail, retryCount) => {
    try {
      pool.versions = (await firstSeed(pool)).versions;
    } catch (error) {
      const { message, retriable } = error as Error & { retriable?: boolean };
      pool.logger.error(`Failed to connect to seed broker, trying another broker from the list: ${message}`, {
        retryCount,
      });
      if (retriable === false) bail(error);
      else throw error;
    }
  });
}

/** As kafkajs has it, but for a pool whose seed was the last broker that was left. */
function removeBroker(pool: Pool, { host, port }: { readonly host: string; readonly port: number }): void {
  const isMeant = ({ connectionPool }: MetadataBroker) => connectionPool.host === host && connectionPool.port === port;
  const found = Object.entries(pool.brokers).find(([, broker]) => isMeant(broker));
  if (found === undefined) return;
  const [nodeId, removed] = found;
  pool.brokers = Object.fromEntries(Object.entries(pool.brokers).filter(([id]) => id !== nodeId));
  pool.metadataExpireAt = null;
  if (pool.seedBroker?.nodeId === removed.nodeId) pool.seedBroker = Object.values(pool.brokers)[0] ?? pool.seedBroker;
}

/** @throws for the first topic that has an error, of those that were asked for by name */
export function tolerantMetadata({ topicMetadata, ...rest }: ClusterMetadata, areNamed: boolean): ClusterMetadata {
  const known = topicMetadata.map(({ partitionMetadata, ...topic }) => {
    if (areNamed && topic.topicErrorCode !== 0) throw createErrorFromCode(topic.topicErrorCode);
    return { ...topic, partitionMetadata: partitionMetadata.map(tolerant) };
  });
  return { ...rest, topicMetadata: known.filter(({ topicErrorCode }) => topicErrorCode === 0) };
}

function tolerant(partition: PartitionMetadata): PartitionMetadata {
  const { partitionErrorCode } = partition;
  if (partitionErrorCode === 0) return partition;
  if (!leaderlessCodes.includes(partitionErrorCode)) throw createErrorFromCode(partitionErrorCode);
  // Readers that know of no leader must not go on with the one before.
  return { ...partition, leader: partitionErrorCode === 9 ? partition.leader : -1 };
}

const requireHere = createRequire(import.meta.url);
const { KafkaJSBrokerNotFound } = requireHere('kafkajs/src/errors') as {
  KafkaJSBrokerNotFound: new (message: string) => Error;
};
const { prototype: poolPrototype } = requireHere('kafkajs/src/cluster/brokerPool') as { prototype: Pool };
const { prototype: brokerPrototype } = requireHere('kafkajs/src/broker') as { prototype: MetadataBroker };
const { createErrorFromCode } = requireHere('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error;
};
const { metadata: plainMetadata, disconnect: plainDisconnect } = brokerPrototype;

/** For who reads the answer otherwise, and sees to its errors. */
export function unpatchedMetadata(broker: object, topics: readonly string[]): Promise<unknown> {
  return plainMetadata.call(broker as MetadataBroker, topics);
}

/**
 * kafkajs waits for all that a broker owes before it lets go of it, and takes no limit: not even its own, which ends with the
 * connection. A frozen broker that is no member of the cluster any more would keep everybody from the metadata in which that
 * is said.
 */
async function disconnect(broker: MetadataBroker): Promise<void> {
  const disconnected = plainDisconnect.call(broker);
  if (await within(lastAnswersMsMax, disconnected)) return;
  cutOff(broker, new NoAnswerError(`broker ${broker.nodeId ?? 'unknown'} was left before it answered`));
  await disconnected;
}

export function askAnyBroker(): void {
  brokerPrototype.disconnect = function () {
    return disconnect(this);
  };
  brokerPrototype.metadata = function (topics = []) {
    const parse = (decoded: unknown) => tolerantMetadata(decoded as ClusterMetadata, topics.length > 0);
    return plainMetadata.call(withErrorsInside(this, parse), topics);
  };
  poolPrototype.connect = function () {
    return connect(this);
  };
  poolPrototype.removeBroker = function (address) {
    removeBroker(this, address);
  };
  poolPrototype.findConnectedBroker = function () {
    return anyBroker(this);
  };
  poolPrototype.withBroker = async function (callback) {
    // By this name kafkajs knows that it has to look at the metadata first.
    if (Object.keys(this.brokers).length === 0) throw new KafkaJSBrokerNotFound('No brokers in the broker pool');
    return askAny(this, (nodeId, broker) => callback({ nodeId, broker }));
  };
}

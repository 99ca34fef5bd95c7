/**
 * A connection to the brokers below kafkajs' consumer, for what that cannot do: hooks that are awaited, commits that
 * are fenced, reading without a group. Requests, versions, metadata, TLS and SASL stay kafkajs' work.
 */
import type { Broker, Cluster, Kafka } from 'kafkajs';
import { answerMsMax, answerWithin, askNode, withErrorsInside } from './broker-answer.ts';
import { existingTopics } from '../kafkajs/kafkajs-broker-pool.ts';
import type { Sockets } from './sockets.ts';
import { topicIdsFrom } from './topic-ids.ts';

/** A request of the group protocol as the broker object of kafkajs takes it; its published type leaves them out. */
export type GroupBroker = Omit<Broker, 'offsetCommit' | 'offsetFetch'> & {
  readonly nodeId: number | null;
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    /** Understood by what kafkajs-patches.ts makes of it. */
    groupInstanceId: string | null;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<{
    generationId: number;
    leaderId: string;
    memberId: string;
    members: { memberId: string; memberMetadata: Buffer }[];
  }>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  offsetCommit(request: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }[];
  }): Promise<{
    responses: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[];
  }>;
  offsetFetch(request: { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] }): Promise<{
    responses: { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[];
  }>;
};

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** First and end offset of a partition. */
export interface OffsetRange {
  readonly start: number;
  readonly end: number;
}

const earliest = '-2';
const latest = '-1';
const readCommitted = 1;

const groupCoordinator = 0;

interface CoordinatorFinder {
  findGroupCoordinatorMetadata(of: {
    groupId: string;
    coordinatorType: number;
  }): Promise<{ readonly coordinator: { readonly nodeId: number } }>;
}

interface ListingBroker {
  listOffsets(request: {
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<{
    responses: { topic: string; partitions: { partition: number; errorCode: number; offset: string }[] }[];
  }>;
}

export class ClusterLink {
  readonly cluster: Cluster;
  /** Under which a member of a group comes back after a restart; null: as a new one. */
  readonly instanceId: string | null;
  private readonly sockets: Sockets;

  constructor(kafka: Kafka, sockets: Sockets, metadataMaxAgeMs: number, instanceId: string | null) {
    this.cluster = clusterOf(kafka, metadataMaxAgeMs);
    this.sockets = sockets;
    this.instanceId = instanceId;
  }

  /** @throws a kafkajs error, such as that a topic does not exist */
  async connect(topics: readonly string[]): Promise<void> {
    await this.cluster.connect();
    // A topic that was deleted would make every look at the metadata fail, that of the others too.
    const { targetTopics } = this.cluster as unknown as { targetTopics: Set<string> };
    targetTopics.clear();
    await this.cluster.addMultipleTargetTopics([...topics]);
  }

  /** @throws when there is none, or no broker says so in time */
  async coordinatorOf(groupId: string): Promise<GroupBroker> {
    const nodeId = await this.coordinatorIdOf(groupId);
    const broker = await askNode(this.cluster, nodeId, answerMsMax, (found) => Promise.resolve(found));
    return broker as unknown as GroupBroker;
  }

  /** Of the node that any broker names. */
  async coordinatorIdOf(groupId: string): Promise<string> {
    await this.cluster.connect();
    const { coordinator } = await (this.cluster as unknown as CoordinatorFinder).findGroupCoordinatorMetadata({
      groupId,
      coordinatorType: groupCoordinator,
    });
    return String(coordinator.nodeId);
  }

  partitionsOf(topic: string): number[] {
    return this.cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
  }

  /** Names of all topics there are, those without a leader among them. */
  async topicNames(): Promise<string[]> {
    await this.cluster.connect();
    const { topicMetadata } = await this.cluster.metadata();
    return topicMetadata.map(({ topic }) => topic);
  }

  /** Ids of topics by name (topic-ids.ts). */
  async topicIds(topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (topics.length === 0) return new Map();
    const ids = this.cluster.findControllerBroker().then((broker) => topicIdsFrom(broker, topics));
    return answerWithin(undefined, answerMsMax, ids);
  }

  /** Those of these topics that exist and may be read. */
  async existing(names: readonly string[]): Promise<string[]> {
    await this.cluster.connect();
    return existingTopics(this.cluster, names);
  }

  /** Those partitions of which no leader is known are left out, and those of which the leader does not answer. */
  async offsetRanges(partitions: readonly TopicPartition[]): Promise<Map<string, OffsetRange>> {
    const [starts, ends] = await Promise.all([this.offsets(partitions, true), this.offsets(partitions, false)]);
    const ranges = new Map<string, OffsetRange>();
    for (const [key, start] of starts) {
      const end = ends.get(key);
      if (end !== undefined) ranges.set(key, { start, end });
    }
    return ranges;
  }

  /**
   * The earliest offset of each partition, or the one after its last record; of those whose leader tells.
   * @throws what the first leader says, when none tells anything
   */
  offsets(partitions: readonly TopicPartition[], fromBeginning: boolean): Promise<Map<string, number>> {
    return this.offsetsOf(partitions, fromBeginning ? earliest : latest);
  }

  /** Of the first record of that time or later; partitions that have none are left out. */
  async offsetsSince(partitions: readonly TopicPartition[], timeMs: number): Promise<Map<string, number>> {
    const found = await this.offsetsOf(partitions, String(timeMs));
    return new Map([...found].filter(([, offset]) => offset >= 0));
  }

  private async offsetsOf(partitions: readonly TopicPartition[], timestamp: string): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const failures: unknown[] = [];
    const asked = [...this.byLeader(partitions)].map(async ([nodeId, led]) => {
      const topics = byTopic(led, ({ partition }) => ({ partition, timestamp }));
      const answer = await askNode(this.cluster, nodeId, answerMsMax, (broker) =>
        (withErrorsInside(broker) as unknown as ListingBroker).listOffsets({ isolationLevel: readCommitted, topics }),
      );
      for (const { topic, partitions: answered } of answer.responses) {
        for (const { partition, errorCode, offset } of answered) {
          if (errorCode === 0) found.set(partitionKey({ topic, partition }), Number(offset));
        }
      }
    });
    for (const result of await Promise.allSettled(asked))
      if (result.status === 'rejected') failures.push(result.reason);
    if (found.size === 0 && failures.length > 0) throw failures[0];
    return found;
  }

  private byLeader(partitions: readonly TopicPartition[]): Map<string, TopicPartition[]> {
    const led = new Map<string, TopicPartition[]>();
    for (const partition of partitions) {
      const metadata = this.cluster.findTopicPartitionMetadata(partition.topic);
      const leader = metadata.find(({ partitionId }) => partitionId === partition.partition)?.leader ?? -1;
      if (leader < 0) continue;
      const others = led.get(String(leader));
      if (others === undefined) led.set(String(leader), [partition]);
      else others.push(partition);
    }
    return led;
  }

  async close(): Promise<void> {
    await this.sockets.close(this.cluster.disconnect());
  }
}

export function byTopic<Item extends TopicPartition, Part>(
  items: readonly Item[],
  part: (item: Item) => Part,
): { topic: string; partitions: Part[] }[] {
  const topics = new Map<string, Part[]>();
  for (const item of items) {
    const parts = topics.get(item.topic);
    if (parts === undefined) topics.set(item.topic, [part(item)]);
    else parts.push(part(item));
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

/** kafkajs shows its cluster to partition assigners only, so a consumer that never runs is made with one that takes it. */
export function clusterOf(kafka: Kafka, metadataMaxAge: number): Cluster {
  const found: Cluster[] = [];
  kafka.consumer({
    groupId: 'unused',
    metadataMaxAge,
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found.push(cluster);
        return { name: 'none', version: 0, assign: () => Promise.resolve([]), protocol: () => noProtocol };
      },
    ],
  });
  const [cluster] = found;
  if (cluster === undefined) throw new Error('kafkajs made no cluster');
  return cluster;
}

const noProtocol = { name: 'none', metadata: Buffer.alloc(0) };

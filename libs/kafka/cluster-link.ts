/**
 * A connection to the brokers below kafkajs' consumer, for what that cannot do: hooks that are awaited, commits that
 * are fenced, reading without a group. Requests, versions, metadata, TLS and SASL stay kafkajs' work.
 */
import type { Broker, Cluster, Kafka } from 'kafkajs';
import type { Sockets } from './sockets.ts';
import { topicIdsFrom } from './topic-ids.ts';

/** A request of the group protocol as the broker object of kafkajs takes it; its published type leaves them out. */
export type GroupBroker = Omit<Broker, 'offsetCommit' | 'offsetFetch'> & {
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
  }): Promise<unknown>;
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

  async coordinatorOf(groupId: string): Promise<GroupBroker> {
    await this.cluster.connect();
    return (await this.cluster.findGroupCoordinator({ groupId })) as unknown as GroupBroker;
  }

  partitionsOf(topic: string): number[] {
    return this.cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
  }

  /** Names of all topics there are. */
  async topicNames(): Promise<string[]> {
    await this.cluster.connect();
    const { topicMetadata } = await this.cluster.metadata();
    return topicMetadata.map(({ topic }) => topic);
  }

  /** Ids of topics by name (topic-ids.ts). */
  async topicIds(topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (topics.length === 0) return new Map();
    return topicIdsFrom(await this.cluster.findControllerBroker(), topics);
  }

  async offsetRanges(partitions: readonly TopicPartition[]): Promise<Map<string, OffsetRange>> {
    const [starts, ends] = await Promise.all([this.offsets(partitions, true), this.offsets(partitions, false)]);
    const ranges = new Map<string, OffsetRange>();
    for (const [key, start] of starts) ranges.set(key, { start, end: ends.get(key) ?? start });
    return ranges;
  }

  /** The earliest offset of each partition, or the one after its last record. */
  async offsets(partitions: readonly TopicPartition[], fromBeginning: boolean): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    if (partitions.length === 0) return found;
    const topics = byTopic(partitions, ({ partition }) => ({ partition }));
    const answers = await this.cluster.fetchTopicsOffset(topics.map((topic) => ({ ...topic, fromBeginning })));
    for (const { topic, partitions: answered } of answers) {
      for (const { partition, offset } of answered) found.set(partitionKey({ topic, partition }), Number(offset));
    }
    return found;
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

/** Creates topics and looks at them. */
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { monotonicMs } from '../../runtime/monotonic.ts';
import { partitionKey } from './cluster-link.ts';
import { isCoordinatorComing } from '../consumer/join-trouble.ts';
import type { KafkaClient } from './kafka-client.ts';
import { Sockets } from './sockets.ts';
import { TopicRanges } from '../consumer/topic-ranges.ts';

export interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  /** Topic configuration such as `cleanup.policy`. */
  readonly config: Readonly<Record<string, string>>;
}

/** How a topic is, and how it should be. */
export interface TopicDifference {
  readonly topic: string;
  /** `partitions`, `replication`, or a key of its configuration. */
  readonly what: string;
  readonly has: string;
  readonly wants: string;
}

export interface EnsureResult {
  readonly created: readonly string[];
  /** What exists and differs from what was wanted, in words. */
  readonly mismatched: readonly string[];
}

export interface TopicInspection {
  readonly missing: readonly string[];
  readonly different: readonly TopicDifference[];
  /** Partitions without a leader, by `topic-partition`: nothing goes in or out. */
  readonly leaderless: readonly string[];
  /** Partitions of which not all replicas are in sync. */
  readonly underReplicated: readonly string[];
}

const createTimeoutMs = 15_000;
const loadTimeoutMs = 5_000;

export class TopicAdmin {
  private readonly client: KafkaClient;
  private readonly ranges: TopicRanges;
  private readonly sockets = new Sockets();
  private connected: Promise<Admin> | null = null;

  constructor(client: KafkaClient) {
    this.client = client;
    this.ranges = new TopicRanges(client);
  }

  /** Creates what is missing; changes nothing that exists. @throws what kafkajs throws */
  async ensure(topics: readonly WantedTopic[]): Promise<EnsureResult> {
    const admin = await this.admin();
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await this.create(missing);
    const different = await this.differences(topics.filter(({ name }) => existing.has(name)));
    const mismatched = different.map(({ topic, what, has, wants }) => `${topic}: ${what} is ${has}, not ${wants}`);
    return { created: missing.map(({ name }) => name), mismatched };
  }

  /** First and end offset of each partition that has a leader, of those of the topics that exist. */
  async holdings(
    names: readonly string[],
  ): Promise<ReadonlyMap<string, readonly { partition: number; begin: number; end: number }[]>> {
    const admin = await this.admin();
    const existing = new Set(await admin.listTopics());
    const held = await this.ranges.of(names.filter((name) => existing.has(name)));
    return new Map(
      [...held].map(([name, partitions]) => [
        name,
        partitions.map(({ partition, start, end }) => ({ partition, begin: start, end })),
      ]),
    );
  }

  /** Deletes those of these that exist. @throws what kafkajs throws */
  async remove(names: readonly string[]): Promise<void> {
    const admin = await this.admin();
    const existing = new Set(await admin.listTopics());
    await admin.deleteTopics({ topics: names.filter((name) => existing.has(name)) });
  }

  /** Compares and changes nothing. @throws what kafkajs throws */
  async inspect(topics: readonly WantedTopic[]): Promise<TopicInspection> {
    const admin = await this.admin();
    const existing = new Set(await admin.listTopics());
    const there = topics.filter(({ name }) => existing.has(name));
    const names = there.map(({ name }) => name);
    // Asked for no topic, Kafka tells of all.
    const found = names.length === 0 ? [] : (await admin.fetchTopicMetadata({ topics: names })).topics;
    const partitions = found.flatMap(({ name, partitions: own }) =>
      own.map((partition) => ({
        place: partitionKey({ topic: name, partition: partition.partitionId }),
        ...partition,
      })),
    );
    return {
      missing: topics.filter(({ name }) => !existing.has(name)).map(({ name }) => name),
      different: await this.differences(there),
      leaderless: partitions.filter(({ leader }) => leader < 0).map(({ place }) => place),
      underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).map(({ place }) => place),
    };
  }

  /** True when one of these is not shown because the user has no right to see it, whether it exists or not. */
  async isHidden(names: readonly string[]): Promise<boolean> {
    try {
      await (await this.admin()).fetchTopicMetadata({ topics: [...names] });
      return false;
    } catch (error) {
      return error instanceof Error && 'type' in error && error.type === 'TOPIC_AUTHORIZATION_FAILED';
    }
  }

  /** Brokers that the cluster has. */
  async brokerCount(): Promise<number> {
    return (await (await this.admin()).describeCluster()).brokers.length;
  }

  /** How many members each group has; none for one that is not there. */
  async memberCounts(groupIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { groups } = await (await this.admin()).describeGroups([...groupIds]);
    return new Map(groups.map(({ groupId, members }) => [groupId, members.length]));
  }

  /** End offset of each partition that has a leader. */
  async endOffsets(topic: string): Promise<ReadonlyMap<number, number>> {
    const partitions = (await this.ranges.of([topic])).get(topic) ?? [];
    return new Map(partitions.map(({ partition, end }) => [partition, end]));
  }

  /** Records behind, over all partitions that have a leader, of whoever keeps its positions elsewhere; all there are where it has none. */
  async lagBehind(topic: string, nextOffsets: ReadonlyMap<number, number>): Promise<number> {
    const partitions = (await this.ranges.of([topic])).get(topic) ?? [];
    return partitions.reduce((sum, { partition, start, end }) => {
      const next = Math.max(nextOffsets.get(partition) ?? 0, start);
      return sum + Math.max(0, end - next);
    }, 0);
  }

  /**
   * Records that the group has not committed, by `topic-partition`, of partitions that have a leader; all there are where it
   * never committed.
   */
  async groupLag(groupId: string, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const admin = await this.admin();
    const committed = await onceLoaded(() => admin.fetchOffsets({ groupId, topics: [...topics] }));
    const ranges = await this.ranges.of(topics);
    const lag = new Map<string, number>();
    for (const { topic, partitions } of committed) {
      for (const { partition, start, end } of ranges.get(topic) ?? []) {
        const found = Number(partitions.find((candidate) => candidate.partition === partition)?.offset ?? -1);
        lag.set(partitionKey({ topic, partition }), end - Math.max(found, start));
      }
    }
    return lag;
  }

  /** Those of the topics that there are of which the group ever committed something. */
  async committedTopics(groupId: string): Promise<readonly string[]> {
    const admin = await this.admin();
    const committed = await onceLoaded(() => admin.fetchOffsets({ groupId }));
    const existing = new Set(await admin.listTopics());
    return committed.map(({ topic }) => topic).filter((topic) => existing.has(topic));
  }

  async close(): Promise<void> {
    const admin = await this.connected?.catch(() => null);
    this.connected = null;
    await admin?.disconnect();
    await this.ranges.close();
  }

  /** For a cluster that does not answer: what is under way fails, and nothing is tried again. */
  async abandon(): Promise<void> {
    await this.sockets.close(Promise.resolve());
  }

  private async create(topics: readonly WantedTopic[]): Promise<void> {
    const admin = await this.admin();
    await admin.createTopics({
      // kafkajs asks for the leaders once and takes "unknown topic", which a busy broker says a moment longer, for an end.
      waitForLeaders: false,
      timeout: createTimeoutMs,
      topics: topics.map(({ name, partitions, replication, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: replication,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    });
    await untilKnown(
      admin,
      topics.map(({ name }) => name),
    );
  }

  private async differences(topics: readonly WantedTopic[]): Promise<TopicDifference[]> {
    if (topics.length === 0) return [];
    const admin = await this.admin();
    const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map(({ name }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    });
    return topics.flatMap(({ name, partitions, replication, config }) => {
      const metadata = found.find((candidate) => candidate.name === name)?.partitions ?? [];
      const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
      const different: TopicDifference[] = [];
      const compare = (what: string, has: number | string | undefined, wants: number | string) => {
        if (has !== wants) different.push({ topic: name, what, has: String(has ?? 'not set'), wants: String(wants) });
      };
      compare('partitions', metadata.length, partitions);
      compare('replication', metadata[0]?.replicas.length, replication);
      for (const [key, value] of Object.entries(config)) {
        compare(key, entries.find(({ configName }) => configName === key)?.configValue, value);
      }
      return different;
    });
  }

  private admin(): Promise<Admin> {
    this.connected ??= connect(this.client.admin(this.sockets)).catch((error: unknown) => {
      this.connected = null;
      throw error;
    });
    return this.connected;
  }
}

/** A coordinator that has just got a group reads what it committed first. @throws what it says last, after a while */
async function onceLoaded<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = monotonicMs() + loadTimeoutMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isCoordinatorComing(error) || monotonicMs() > deadline) throw error;
      await pause(100);
    }
  }
}

/** Resolves when the cluster knows the topics and their leaders. @throws what it says last, after a while */
async function untilKnown(admin: Admin, names: string[]): Promise<void> {
  const deadline = monotonicMs() + createTimeoutMs;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: names });
      if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
      if (monotonicMs() > deadline) throw new Error(`no leaders yet for partitions of ${names.join(', ')}`);
      await pause(100);
    } catch (error) {
      const type: unknown = error instanceof Error && 'type' in error ? error.type : undefined;
      const isSoon = type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE';
      if (!isSoon || monotonicMs() > deadline) throw error;
      await pause(100);
    }
  }
}

async function connect(admin: Admin): Promise<Admin> {
  await admin.connect();
  return admin;
}

/**
 * In: topics. Out: first and end offset of their partitions.
 * Holds: a partition without a leader, or with one that does not answer, is left out and keeps nobody from learning of the
 * others; one question at a time, because each replaces the topics that the link knows of.
 */
import { partitionKey, type ClusterLink, type OffsetRange } from '../cluster/cluster-link.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';

export interface PartitionRange extends OffsetRange {
  readonly partition: number;
}

export class TopicRanges {
  private readonly client: KafkaClient;
  private link: ClusterLink | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(client: KafkaClient) {
    this.client = client;
  }

  /** By topic, in the order of the partitions. @throws what kafkajs throws, such as that a topic does not exist */
  of(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionRange[]>> {
    const ranges = this.last.then(() => this.ask(topics));
    this.last = ranges.catch(() => undefined);
    return ranges;
  }

  async close(): Promise<void> {
    await this.last;
    await this.link?.close();
    this.link = null;
  }

  private async ask(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionRange[]>> {
    if (topics.length === 0) return new Map();
    const link = (this.link ??= this.client.link());
    await link.connect(topics);
    await link.cluster.refreshMetadata();
    const partitions = topics.flatMap((topic) => link.partitionsOf(topic).map((partition) => ({ topic, partition })));
    const ranges = await link.offsetRanges(partitions);
    const found = new Map<string, PartitionRange[]>(topics.map((topic) => [topic, []]));
    for (const { topic, partition } of partitions) {
      const range = ranges.get(partitionKey({ topic, partition }));
      if (range !== undefined) found.get(topic)?.push({ partition, ...range });
    }
    for (const own of found.values()) own.sort((a, b) => a.partition - b.partition);
    return found;
  }
}

import type { KafkaClient } from './kafka-client.ts';

export interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  /** Topic configuration such as `cleanup.policy`. */
  readonly config: Readonly<Record<string, string>>;
}

export interface EnsureResult {
  readonly created: readonly string[];
  /** What exists and differs from what was wanted, in words. */
  readonly mismatched: readonly string[];
}

export class TopicAdmin {
  constructor(client: KafkaClient) {
    void client;
  }

  /** Creates what is missing; changes nothing that exists. */
  ensure(topics: readonly WantedTopic[]): Promise<EnsureResult> {
    return Promise.reject(new Error(`not built yet ${topics.length}`));
  }

  /** End offset of each partition. */
  endOffsets(topic: string): Promise<ReadonlyMap<number, number>> {
    return Promise.reject(new Error(`not built yet ${topic}`));
  }

  /** Records that the group has not committed, by `topic-partition`. */
  groupLag(groupId: string, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return Promise.reject(new Error(`not built yet ${groupId} ${topics.length}`));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

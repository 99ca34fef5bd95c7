import type { Logger } from '../runtime/logger.ts';
import type { KafkaClient } from './kafka-client.ts';
import type { PartitionLease, RecordBatch } from './record.ts';

export interface StartPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface BatchConsumerOptions {
  readonly groupId: string;
  readonly subscriptions: readonly (string | RegExp)[];
  /** Called for each fetched batch; must only enqueue. A throw is a programmer error: the process exits. */
  onBatch(batch: RecordBatch): void;
  /**
   * Awaited after the group assigned partitions and before the first fetch. Returning an offset for a partition seeks
   * there (positions kept elsewhere, such as PostgreSQL).
   */
  onAssigned?(leases: readonly PartitionLease[]): Promise<readonly StartPosition[] | void>;
  /**
   * Awaited before partitions are given up (rebalance, stop), bounded by drainDeadlineMs; then offsets are committed,
   * then leases are fenced.
   */
  onRevoking?(leases: readonly PartitionLease[]): Promise<void>;
  /** Topics whose position the app keeps in the commit itself: their leases are PositionedLease. */
  readonly positioned?: readonly string[];
  /** Default 8,000. */
  readonly drainDeadlineMs?: number;
  /** 'external': nothing is committed to Kafka. Default 'kafka'. */
  readonly offsets?: 'kafka' | 'external';
  /** Longest wait of a fetch for a first record, in milliseconds. Default 100. */
  readonly maxWaitMs?: number;
  /** What happens after a programmer error. Default: log, then process.exit(1). */
  exit?(error: unknown): void;
}

export class BatchConsumer {
  constructor(client: KafkaClient, options: BatchConsumerOptions, logger: Logger) {
    void [client, options, logger];
  }

  /** Resolves when joined and consuming; waits while Kafka is away. */
  start(): Promise<void> {
    return Promise.reject(new Error('not built yet'));
  }

  /** Drains, commits, leaves. */
  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Null once joined and consuming, else what is wrong. */
  problem(): string | null {
    return null;
  }

  /** Records behind the end, by `topic-partition`. */
  get lag(): ReadonlyMap<string, number> {
    return new Map();
  }
}

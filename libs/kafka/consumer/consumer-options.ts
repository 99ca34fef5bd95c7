/** How a member of a consumer group is told what to do. */
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { TopicPartition } from '../cluster/cluster-link.ts';
import type { LostPosition } from './lost-position.ts';
import type { AssignedLease, PartitionLease, RecordBatch } from '../record.ts';

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
   * there (positions kept elsewhere, such as PostgreSQL). A rejection is a programmer error: the process exits.
   * `unreadable` are those that were assigned and have no lease yet: nobody can say where they begin and end.
   */
  onAssigned?(
    leases: readonly AssignedLease[],
    unreadable: readonly TopicPartition[],
  ): Promise<readonly StartPosition[]> | Promise<void>;
  /**
   * Up to where the app knows that the log was written, beyond what the offset of the commit says. Of a log that ends before it
   * the leader is asked a few times more, before `onAssigned`.
   */
  knownEnd?(one: TopicPartition, committed: { readonly offset: number; readonly metadata: string } | null): number;
  /**
   * Awaited before partitions are given up (rebalance, stop), bounded by drainDeadlineMs; then offsets are committed,
   * then leases are fenced.
   */
  onRevoking?(leases: readonly PartitionLease[]): Promise<void>;
  /** Topics whose position the app keeps in the commit itself: their leases are PositionedLease. */
  readonly positioned?: readonly string[];
  /** Default 8,000. Stay well below the 60 s that a rebalance waits for its members. */
  readonly drainDeadlineMs?: number;
  /** 'external': nothing is committed to Kafka. Default 'kafka'. */
  readonly offsets?: 'kafka' | 'external';
  /** Longest wait of a fetch for a first record, in milliseconds. Default 100. */
  readonly maxWaitMs?: number;
  /** The same while no partition is paused; a function for apps that seek, by whether they may. Default: as `maxWaitMs`. */
  readonly idleWaitMs?: number | (() => number);
  /** Between the beginnings of two fetches that bring something, in milliseconds. Default 2. */
  readonly paceMs?: number;
  /**
   * So many completed records are committed at once, 25 ms after the commit before at the soonest, not after 250 ms as
   * fewer are: a killed process does again what it has not committed. Default: none are.
   */
  readonly commitRecords?: number;
  /**
   * A position is not in the log, at assignment (after `onAssigned`, before the first fetch) or while reading: reading goes on at
   * `lost.next`. Whoever keeps positions elsewhere has to give theirs up.
   */
  onPositionLost?(lease: PartitionLease, lost: LostPosition): void;
  /** Counts what goes wrong. */
  readonly metrics?: ConsumerMetrics;
  /** How old progress may become that was to be committed and is not, before {@link BatchConsumer.mayStart} says no. Default 1,000. */
  readonly commitWaitMsMax?: number;
  /** `mayStart` said no, and says yes again. */
  onMayStart?(): void;
  /** What happens after a programmer error. Default: log, then process.exit(1). */
  exit?(error: unknown): void;
}

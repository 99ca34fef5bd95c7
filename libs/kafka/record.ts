/** What comes from Kafka and what goes there, without a type of the client library. */

export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  /** Below 2^53, asserted where records are made. */
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

export interface OutgoingRecord {
  readonly topic: string;
  /** Null: spread over partitions. */
  readonly key: string | Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  readonly partition?: number;
}

/**
 * One stay of a partition with this member, from assignment to revocation. Records are worked in any order;
 * the lease keeps which are complete and commits the lowest offset that is not.
 */
export interface PartitionLease {
  readonly topic: string;
  readonly partition: number;
  /** Grows with every assignment of this member. */
  readonly epoch: number;
  /** False once the partition was revoked: what completes later is fenced (ignored). */
  readonly isHeld: boolean;
  /** Records handed out and not complete yet. */
  readonly incomplete: number;
  /** The record at this offset is done: its effects are acknowledged. Idempotent; fenced after revocation. */
  complete(offset: number): void;
  /** Fetch no more of this partition until {@link resume}. Idempotent. */
  pause(): void;
  resume(): void;
}

/** What a member gets: with what the log was at assignment. */
export interface AssignedLease extends PartitionLease {
  /** First and end offset of the partition. */
  readonly startOffset: number;
  readonly endOffset: number;
  /** The last commit of the group; null when there is none. */
  readonly committed: { readonly offset: number; readonly metadata: string } | null;
  /**
   * Of the topic (KIP-516); null when the cluster has no ids, and where nothing is kept of a log but the offsets of what is
   * complete.
   */
  readonly topicId: string | null;
  /** Asks whoever leads now where the log begins and ends. Unchanged when nobody says so; never rejects. */
  lookAgain(): Promise<void>;
}

/** A partition whose completed offsets are committed. */
export interface CompletedLease extends AssignedLease {
  /** Done before this assignment, as was found elsewhere: those records are not handed out, and the next commit says so. */
  wasComplete(offsets: Iterable<number>): void;
  /** True unless the record was complete before this assignment: it was handed out since, or will be. */
  isOurs(offset: number): boolean;
}

/** A partition whose position the app keeps itself (BatchConsumerOptions.positioned): it may read back and forth. */
export interface PositionedLease extends AssignedLease {
  /** The next batch begins at this offset; batches fetched before come with another `fetchedOffset`. */
  seek(offset: number): void;
  /** Asked at every commit, and on revoke: what to commit. At most 4,000 characters of metadata. */
  commitWith(read: () => { readonly offset: number; readonly metadata: string }): void;
}

/** What a handler gets: records of one partition in offset order, without those already complete. */
export interface RecordBatch {
  readonly lease: PartitionLease;
  readonly records: readonly KafkaRecord[];
  /** The offset that was asked for: with compaction the first record may lie behind it. */
  readonly fetchedOffset: number;
  /** The offset after the last one that this batch covers, filtered records included. */
  readonly nextOffset: number;
  /** Kafka's end offset of the partition when this was fetched: lag = highWatermark - last offset - 1. */
  readonly highWatermark: number;
}

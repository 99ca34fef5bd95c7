/** A delivery that waits in memory, as it was read. */
import type { PartitionLease } from '../../../libs/kafka/record.ts';
import type { Partition } from '../partition.ts';

export interface LaneItem {
  /** Whose record it is, in this stay and in the next when the partition comes back. */
  readonly partition: Partition;
  /** Of the stay in which it was read. */
  readonly lease: PartitionLease;
  readonly offset: number;
  readonly source: 'main' | 'parked';
  readonly value: Buffer;
  /** Unix milliseconds of its record on Kafka. */
  readonly writtenAt: number;
  /** What an outcome of it settles: the recordName of its main record, or its own where it does not say of which one it is. */
  readonly name: string | null;
  /** When it came into memory, on the monotonic clock. */
  readonly addedAt: number;
  /** Before which it must not start, on the monotonic clock: the head of a strict webhook that is tried again. 0: at once. */
  readonly notBefore: number;
}

/** A webhook has one partition, but for the time after the number of partitions was raised. */
export function byPartition(items: readonly LaneItem[]): ReadonlyMap<Partition, readonly LaneItem[]> {
  const [first] = items;
  if (first === undefined) return new Map();
  if (items.every(({ partition }) => partition === first.partition)) return new Map([[first.partition, items]]);
  return Map.groupBy(items, ({ partition }) => partition);
}

/** The webhook of a record. */
export function keyOf(key: Buffer | null): string {
  return key === null ? '' : key.toString('utf8');
}

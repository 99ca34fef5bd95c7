/** A delivery that waits in memory, as it was read. */
import type { PartitionLease } from '../../libs/kafka/record.ts';

export interface LaneItem {
  readonly lease: PartitionLease;
  readonly offset: number;
  readonly source: 'main' | 'parked';
  readonly value: Buffer;
  /** Unix milliseconds of its record on Kafka. */
  readonly writtenAt: number;
  /** Unix milliseconds at which it came into memory. */
  readonly addedAt: number;
  /** Unix milliseconds before which it must not start: the head of a strict webhook that is tried again. 0: at once. */
  readonly notBefore: number;
}

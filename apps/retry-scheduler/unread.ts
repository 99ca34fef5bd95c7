/**
 * Partitions with records that were in Kafka when they were last read and are not read yet. In: what was read. Out: how
 * long the reading is overdue. Holds: what lies behind was written after what was read (log-order.ts), and is never taken
 * for younger than that read: it has had its tier's delay one such delay later at the latest.
 */
import type { PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';

export class Unread {
  /** By partition, the monotonic moment from which on it has to be read on. */
  private readonly overdueAt = new Map<PartitionLease, number>();

  /** @param overdueAt monotonic: when the first record behind has had its tier's delay */
  read({ lease, nextOffset, highWatermark }: RecordBatch, overdueAt: number): void {
    if (nextOffset < highWatermark) this.overdueAt.set(lease, overdueAt);
    else this.overdueAt.delete(lease);
  }

  released(lease: PartitionLease): void {
    this.overdueAt.delete(lease);
  }

  /** Milliseconds, of the partition that has been overdue for longest; 0 while none is. */
  overdueMs(now: number): number {
    let longestMs = 0;
    for (const [lease, at] of this.overdueAt) {
      if (lease.isHeld) longestMs = Math.max(longestMs, now - at);
      else this.overdueAt.delete(lease);
    }
    return longestMs;
  }
}

/**
 * Partitions with records that were in Kafka when they were last read and are not read yet. In: what was read. Out: how
 * long the reading is overdue. Holds: what lies behind a record was there when that was read, so it has had its tier's
 * delay one such delay later; no clock of another host is asked.
 */
import type { PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';

export class Unread {
  /** By partition, the monotonic moment at which what lies behind has had its tier's delay. */
  private readonly overdueAt = new Map<PartitionLease, number>();

  read({ lease, nextOffset, highWatermark }: RecordBatch, tierMs: number, now: number): void {
    if (nextOffset < highWatermark) this.overdueAt.set(lease, now + tierMs);
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

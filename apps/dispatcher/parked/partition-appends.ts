/**
 * In: what follows from the deliveries of one partition, as it is handed to Kafka and as it is acknowledged. Out: for how
 * long the oldest of it has waited, and how much waits.
 * Holds: it speaks of this partition only. When a partition of ours has no leader, what is keyed to it waits here, and
 * what other partitions did is acknowledged.
 */

import { InOrder, type Ordered } from '../../../libs/runtime/in-order.ts';

/** One append under way; hand it back to {@link PartitionAppends.end}. */
export interface OpenAppend extends Ordered {
  readonly at: number;
  readonly records: number;
  readonly bytes: number;
}

export class PartitionAppends {
  /** In the order in which they began. */
  private readonly open = new InOrder<OpenAppend>();
  private openRecords = 0;
  private openBytes = 0;

  get records(): number {
    return this.openRecords;
  }

  get bytes(): number {
    return this.openBytes;
  }

  /** @param at on the monotonic clock */
  begin(at: number, records: number, bytes: number): OpenAppend {
    const append: OpenAppend = { at, records, bytes, before: undefined, after: undefined };
    this.open.add(append);
    this.openRecords += records;
    this.openBytes += bytes;
    return append;
  }

  end(append: OpenAppend): void {
    if (!this.open.delete(append)) return;
    this.openRecords -= append.records;
    this.openBytes -= append.bytes;
  }

  /** 0 when nothing waits. */
  oldestMs(now: number): number {
    const { first } = this.open;
    return first === null ? 0 : now - first.at;
  }
}

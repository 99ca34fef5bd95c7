/**
 * In: every outcome, live. Out: each to all who follow. Holds: records of a partition in order, each once; while nobody
 * follows, nothing is decoded.
 */
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import type { StreamPosition } from '../../../libs/domain/delivery/stream-position.ts';
import { DecodeInOrder } from '../../../libs/kafka/fetch/decode-in-order.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';

export interface Follower {
  /** `outcome` null: an offset that has none. */
  takeLive(partition: number, offset: number, outcome: DeliveryOutcome | null): void;
}

export class OutcomeFeed {
  private readonly followers = new Set<Follower>();
  private readonly decoding: DecodeInOrder<DeliveryOutcome>;
  /** The offset after the last one that was handed out. */
  private readonly next = new Map<number, number>();

  constructor(codec: AvroCodec<DeliveryOutcome>, logger: Logger) {
    this.decoding = new DecodeInOrder(
      codec,
      (record, outcome) => {
        this.handOut(record, outcome);
      },
      logger,
    );
  }

  /** To be called for each record of webhook.delivery-outcomes. */
  take(record: KafkaRecord): void {
    if (!this.next.has(record.partition)) this.next.set(record.partition, record.offset);
    if (this.followers.size === 0) this.handOut(record, null);
    else this.decoding.take(record);
  }

  /** Gets what comes from now on. The answer ends it. */
  follow(follower: Follower): () => void {
    this.followers.add(follower);
    return () => {
      this.followers.delete(follower);
    };
  }

  get isFollowed(): boolean {
    return this.followers.size > 0;
  }

  /** What comes next, by partition. @param read what the reader stands at, for partitions that brought nothing yet */
  position(read: StreamPosition): StreamPosition {
    return new Map([...read, ...this.next]);
  }

  private handOut({ partition, offset }: KafkaRecord, outcome: DeliveryOutcome | null): void {
    // What had to wait for its schema may come after what nobody waited for.
    this.next.set(partition, Math.max(this.next.get(partition) ?? 0, offset + 1));
    for (const follower of this.followers) follower.takeLive(partition, offset, outcome);
  }
}

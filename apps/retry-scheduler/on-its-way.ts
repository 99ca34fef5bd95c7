/**
 * Retries that are being written to another topic. In: each as it begins and ends. Out: whether a record that is read is one of
 * them, and for which stays its end counts.
 * Holds: while Kafka is away a write may take longer than the stay of its partition with this member, and the next stay reads
 * the record again: it is not begun a second time, and complete there too once it is written, or at once when it is by then. One
 * whose write is rejected ends the process.
 */
import type { KafkaRecord, PartitionLease } from '../../libs/kafka/record.ts';

/** A record: the moment tells it from one at the same place of a log that was made anew. */
export interface Place {
  readonly lease: PartitionLease;
  readonly offset: number;
  /** Unix milliseconds. */
  readonly writtenAt: number;
}

/** Written after their stay, and not read again yet. Most never are: the next stay knows what ended before it began. */
const doneMax = 10_000;

export class OnItsWay {
  /** Of each, the leases that read it. */
  private readonly writing = new Map<string, PartitionLease[]>();
  private readonly done = new Set<string>();

  begin(place: Place): void {
    this.writing.set(nameOf(place), [place.lease]);
  }

  /** True: it is being written, or is, and will be complete for this lease as well. */
  isJoined(lease: PartitionLease, { offset, timestampMs }: Pick<KafkaRecord, 'offset' | 'timestampMs'>): boolean {
    if (this.writing.size + this.done.size === 0) return false;
    const name = nameOf({ lease, offset, writtenAt: timestampMs });
    const readers = this.writing.get(name);
    readers?.push(lease);
    const isDone = this.done.delete(name);
    if (isDone) lease.complete(offset);
    return isDone || readers !== undefined;
  }

  /** It is written. */
  end(place: Place): void {
    const name = nameOf(place);
    const readers = this.writing.get(name) ?? [place.lease];
    this.writing.delete(name);
    for (const lease of readers) lease.complete(place.offset);
    if (!readers.some(({ isHeld }) => isHeld)) this.remember(name);
  }

  private remember(name: string): void {
    this.done.add(name);
    if (this.done.size <= doneMax) return;
    for (const oldest of this.done) {
      this.done.delete(oldest);
      return;
    }
  }
}

function nameOf({ lease: { topic, partition }, offset, writtenAt }: Place): string {
  return `${topic} ${partition} ${offset} ${writtenAt}`;
}

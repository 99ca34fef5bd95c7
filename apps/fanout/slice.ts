/**
 * Events with what they became, which are written together, and how far each of them is.
 * Holds: an event is complete once every record of all its parts is acknowledged or set aside, never before; of one that is
 * left behind nothing stays in memory but what is still needed.
 */
import type { KafkaRecord, PartitionLease } from '../../libs/kafka/record.ts';
import type { HandledEvent } from './handled-event.ts';

/**
 * So many events are under way at most while Kafka takes all of them, and would come twice if the process were killed
 * now. The next slice is made while this one is being acknowledged; larger ones cost memory and bring nothing.
 */
export const sliceEventsMax = 128;
export const sliceBytesMax = 4 * 1024 * 1024;

export interface Source {
  readonly lease: PartitionLease;
  readonly record: KafkaRecord;
}

/** Of an event in several parts: how many of them have not ended, and whether the last one is known. */
export interface Parts {
  open: number;
  hasLast: boolean;
}

/** An event, or a part of one, on its way. */
export class SliceEvent {
  source: Source;
  handled: HandledEvent;
  /** False for a part that others follow. */
  readonly isLast: boolean;
  readonly total: number;
  /** Records that have not ended, and the bytes of their values. */
  open: number;
  openBytes = 0;
  /** Records that Kafka will never take. */
  refused = 0;
  hasEnded = false;
  isLeft = false;
  parts: Parts | null = null;

  constructor(source: Source, handled: HandledEvent) {
    this.source = source;
    this.handled = handled;
    this.isLast = handled.rest === null;
    this.total = handled.records.length;
    this.open = this.total;
    for (const { value } of handled.records) this.openBytes += value?.length ?? 0;
  }

  settled(bytes: number, isRefused: boolean): void {
    this.open -= 1;
    this.openBytes -= bytes;
    if (isRefused) this.refused += 1;
  }

  /**
   * What is still to be acknowledged waits in the sink. Of where it came from the bytes are copied: as they are, they are a
   * part of all that was fetched with them.
   */
  leave(): void {
    const { lease, record } = this.source;
    const { key, value } = record;
    this.isLeft = true;
    this.handled = { ...this.handled, records: [], rest: null };
    this.source = { lease, record: { ...record, key: copyOf(key), value: copyOf(value) } };
    this.openBytes += value?.length ?? 0;
  }
}

export class Slice {
  readonly events: SliceEvent[] = [];
  private held = 0;

  /** Of all records. */
  get bytes(): number {
    return this.held;
  }

  get isFull(): boolean {
    return this.events.length >= sliceEventsMax || this.held >= sliceBytesMax;
  }

  get isEmpty(): boolean {
    return this.events.length === 0;
  }

  add(source: Source, handled: HandledEvent): void {
    const event = new SliceEvent(source, handled);
    this.events.push(event);
    this.held += event.openBytes;
  }
}

function copyOf<Bytes extends Buffer | null>(bytes: Bytes): Bytes {
  return (bytes === null ? null : Buffer.from(bytes)) as Bytes;
}

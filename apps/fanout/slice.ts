/**
 * Events with what they became, which are written together, and how far each of them is.
 * Holds: an event is complete once every record of all its parts is acknowledged or set aside, never before.
 */
import type { KafkaRecord, PartitionLease } from '../../libs/kafka/record.ts';
import type { HandledEvent } from './event-handler.ts';

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

/** An event, or a part of one, on its way. */
export class SliceEvent {
  readonly source: Source;
  handled: HandledEvent;
  readonly total: number;
  /** Records that have not ended, and the bytes of their values. */
  open: number;
  openBytes = 0;
  /** Records that Kafka will never take. */
  refused = 0;
  hasEnded = false;

  constructor(source: Source, handled: HandledEvent) {
    this.source = source;
    this.handled = handled;
    this.total = handled.records.length;
    this.open = this.total;
    for (const { value } of handled.records) this.openBytes += value?.length ?? 0;
  }

  settled(bytes: number, isRefused: boolean): void {
    this.open -= 1;
    this.openBytes -= bytes;
    if (isRefused) this.refused += 1;
  }

  /** What is still to be acknowledged waits in the sink; the rest of its records need no memory. */
  forget(): void {
    this.handled = { ...this.handled, records: [] };
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

/** False for a part that others follow. */
export function isLast({ handled }: SliceEvent): boolean {
  return handled.rest === null;
}

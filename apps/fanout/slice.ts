/**
 * Events with what they became, which are written together, and how far each of them is.
 * Holds: an event is complete once every record of all its parts is acknowledged or set aside, never before.
 */
import type { KafkaRecord, PartitionLease } from '../../libs/kafka/record.ts';
import type { HandledEvent } from './event-handler.ts';

/**
 * So many events are under way at most, and would come twice if the process were killed now. The next slice is made while this one is being acknowledged; larger ones cost memory and bring nothing.
 */
const sliceEventsMax = 128;
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
  readonly source: Source;
  readonly handled: HandledEvent;
  /** False for a part that others follow. */
  readonly isLast: boolean;
  readonly total: number;
  /** Records that have not ended. */
  open: number;
  /** Records that Kafka will never take. */
  refused = 0;
  parts: Parts | null = null;

  constructor(source: Source, handled: HandledEvent) {
    this.source = source;
    this.handled = handled;
    this.isLast = handled.rest === null;
    this.total = handled.records.length;
    this.open = this.total;
  }

  settled(isRefused: boolean): void {
    this.open -= 1;
    if (isRefused) this.refused += 1;
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
    this.events.push(new SliceEvent(source, handled));
    for (const { value } of handled.records) this.held += value?.length ?? 0;
  }
}

/**
 * In: what comes into the memory of the process and leaves it. Out: how much of it one webhook may use, and whether more
 * may come.
 * Holds: half of the budget is for deliveries from the main lane and what Kafka has not acknowledged, half for those
 * that were read back from the parked lane, so neither keeps the other from going on; webhooks that are slow to answer
 * share a half of each half, so there is room for the others however many they are.
 *
 * A webhook may use an eighth of what is free (dynamic thresholds, Choudhury and Hahne 1998): all it wants while there
 * is plenty, less the more webhooks want it, and never nothing because others came first. No I/O and no clock in here.
 */
import type { LaneItem } from './lane-item.ts';

/** What an item needs beside its bytes: the objects that hold it, rounded up. */
const itemBytes = 400;
/** Assumed while nothing is known. */
const usualBytes = 2_048;
const shareOfFree = 1 / 8;

export class BufferBudget {
  private readonly half: number;
  private readonly unacknowledgedBytes: () => number;
  private readonly bytes = { main: 0, parked: 0 };
  private readonly items = { main: 0, parked: 0 };

  constructor(bytesMax: number, unacknowledgedBytes: () => number) {
    this.half = bytesMax / 2;
    this.unacknowledgedBytes = unacknowledgedBytes;
  }

  /** Bytes in memory, by what they wait for. */
  get used(): { readonly main: number; readonly parked: number; readonly unacknowledged: number } {
    return { ...this.bytes, unacknowledged: this.unacknowledgedBytes() };
  }

  add(item: LaneItem): void {
    this.bytes[item.source] += item.value.length + itemBytes;
    this.items[item.source] += 1;
  }

  remove(item: LaneItem): void {
    this.bytes[item.source] -= item.value.length + itemBytes;
    this.items[item.source] -= 1;
  }

  /** Bytes that one webhook may use; 0 when there is nothing left for such as this one. */
  shareOf(source: LaneItem['source'], isSlow: boolean): number {
    const max = isSlow ? this.half / 2 : this.half;
    const used = source === 'main' ? this.bytes.main + this.unacknowledgedBytes() : this.bytes.parked;
    return Math.max(0, max - used) * shareOfFree;
  }

  /** Parked records that one webhook may have in memory: what its share has room for, and one as long as it has any. */
  parkedRecords(isSlow: boolean): number {
    const share = this.shareOf('parked', isSlow);
    if (share === 0) return 0;
    const usual = this.items.parked === 0 ? usualBytes : this.bytes.parked / this.items.parked;
    return Math.max(1, Math.floor(share / usual));
  }

  /** Parked deliveries of slow webhooks should leave: they can be read again. */
  get isTight(): boolean {
    return this.bytes.parked >= this.half / 2;
  }

  /** Nothing more of the main topic may be read. */
  get isMainFull(): boolean {
    return this.bytes.main + this.unacknowledgedBytes() >= this.half;
  }

  /** It may be read again: a while after it was full, so that it does not stop at each batch. */
  get hasMainRoom(): boolean {
    return this.bytes.main + this.unacknowledgedBytes() < (this.half * 3) / 4;
  }

  /** Bytes that attempts of slow webhooks may hold together: reading must not wait for them. */
  get slowAttemptBytes(): number {
    return this.half / 2;
  }

  /** Bytes of unacknowledged records that one partition may have before it has to wait, so that it never uses up all. */
  get appendShare(): number {
    return Math.max(0, this.half / 2 - this.unacknowledgedBytes()) * shareOfFree;
  }

  /** False while too much of what was handed to Kafka is not acknowledged: nothing is diverted or begun. */
  get mayAppend(): boolean {
    return this.unacknowledgedBytes() < this.half / 2;
  }
}

/**
 * In: the offsets of one partition as they are handed out, in log order, and as they are completed, in any order.
 * Out: the lowest offset that is not complete, which is what may be committed, and the completed ones above it.
 * Holds: nothing at or above the committed offset counts as done unless it was completed; no I/O, no clock.
 *
 * Offsets may have gaps (compaction, transactions): what is not handed out is not waited for.
 */
import { CompletedOffsets, encodeCompleted, offsetsCovered } from './completed-offsets.ts';

/** Handed out and below `head`, or the freed front of the lists: compacted when it is half of them. */
const compactFrom = 1_024;

export class OffsetTracker {
  /** Offsets handed out, ascending; those before `head` are complete. */
  private offsets: number[] = [];
  private isDone: boolean[] = [];
  private head = 0;
  private open = 0;
  private end: number;
  private changes = 0;
  private readonly restored: CompletedOffsets;
  private readonly start: number;

  /**
   * @param position the first offset that will be read: the committed one
   * @param metadata what {@link commitMetadata} gave with it; anything else counts as nothing
   */
  constructor(position: number, metadata: string | null) {
    this.end = position;
    this.start = position;
    this.restored = new CompletedOffsets(position, metadata);
  }

  /** True when the record is to be handed out, false when it was completed before the last restart. */
  add(offset: number): boolean {
    if (offset < this.end) throw new Error(`offset ${offset} comes after ${this.end - 1}`);
    this.end = offset + 1;
    this.changes += 1;
    const isComplete = this.restored.has(offset);
    // It stays in the list: the next commit has to speak of it again.
    if (!isComplete || this.open > 0) this.push(offset, isComplete);
    return !isComplete;
  }

  /** Completed before the last restart, as the metadata did not say: not handed out, and in the next commit. */
  restore(offset: number): void {
    this.changes += 1;
    if (offset < this.end) this.complete(offset);
    else this.restored.add(offset);
  }

  /** False for what was complete before the last restart, and what {@link restore} said so of before it was read. */
  isOurs(offset: number): boolean {
    return offset >= this.start && !this.restored.has(offset);
  }

  /** Everything below `nextOffset` was read: a gap at the end of a batch is passed. */
  advanceTo(nextOffset: number): void {
    if (nextOffset <= this.end) return;
    this.end = nextOffset;
    this.changes += 1;
  }

  /** Idempotent; an offset that was never handed out is ignored. */
  complete(offset: number): void {
    const index = this.indexOf(offset);
    if (index === -1 || this.isDone[index] === true) return;
    this.isDone[index] = true;
    this.open -= 1;
    this.changes += 1;
    if (index === this.head) this.dropComplete();
  }

  /** Handed out and not complete. */
  get incomplete(): number {
    return this.open;
  }

  /** The lowest offset that is not complete: everything below it is. */
  get committable(): number {
    return this.offsets[this.head] ?? this.end;
  }

  /** Offsets from the lowest incomplete one to the end of what was read. */
  get spread(): number {
    return this.end - this.committable;
  }

  /** Grows with everything that changes what would be committed. */
  get version(): number {
    return this.changes;
  }

  /** The completed offsets above {@link committable}, at most 4,000 characters. Empty when there are none. */
  commitMetadata(): string {
    return encodeCompleted(this.committable, this.completedAbove());
  }

  /** The offset after the last one that was read. */
  get readTo(): number {
    return this.end;
  }

  /** The completed offsets at and above `offset`, ascending, as far as a commit could speak of them. */
  *completedFrom(offset: number): Generator<number> {
    const { committable } = this;
    for (let at = offset; at < Math.min(committable, offset + offsetsCovered); at += 1) yield at;
    for (const completed of this.completedAbove()) if (completed >= offset) yield completed;
  }

  private *completedAbove(): Generator<number> {
    for (let index = this.head + 1; index < this.offsets.length; index += 1) {
      const offset = this.offsets[index];
      if (this.isDone[index] === true && offset !== undefined) yield offset;
    }
    // What was complete before the restart and is not read again yet.
    yield* this.restored.from(this.end);
  }

  private push(offset: number, isComplete: boolean): void {
    this.offsets.push(offset);
    this.isDone.push(isComplete);
    if (!isComplete) this.open += 1;
  }

  private dropComplete(): void {
    while (this.head < this.offsets.length && this.isDone[this.head] === true) this.head += 1;
    if (this.head === this.offsets.length) {
      this.offsets = [];
      this.isDone = [];
      this.head = 0;
    } else if (this.head >= compactFrom && this.head * 2 >= this.offsets.length) {
      this.offsets = this.offsets.slice(this.head);
      this.isDone = this.isDone.slice(this.head);
      this.head = 0;
    }
  }

  private indexOf(offset: number): number {
    const first = this.offsets[this.head];
    if (first === undefined || offset < first) return -1;
    // Without gaps the place is known; with gaps it can only lie before that.
    let high = Math.min(this.head + offset - first, this.offsets.length - 1);
    if (this.offsets[high] === offset) return high;
    let low = this.head;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.offsets[middle] ?? Infinity;
      if (found === offset) return middle;
      if (found < offset) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

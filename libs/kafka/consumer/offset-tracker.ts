/**
 * In: the offsets of one partition as they are handed out, in log order, and as they are completed, in any order.
 * Out: the lowest offset that is not complete, which is what may be committed, and the completed ones above it; whether one more
 * may be handed out, as a commit has to be able to speak of it.
 * Holds: nothing at or above the committed offset counts as done unless it was completed; no I/O, no clock. Handing out and
 * completing cost the same however many there are; what is committed costs by its pieces.
 *
 * Offsets may have gaps (compaction, transactions): what is not handed out is not waited for.
 */
import { canSpeakOf, decodeCompleted, encodeCompleted, offsetsCovered, spreadMax } from './completed-offsets.ts';
import { OffsetSet, type OffsetRun } from './offset-set.ts';

/** Reading begins again when a commit can speak of what is open with so much of its room. */
const roomShare = 0.75;

export class OffsetTracker {
  /** Handed out and not complete. */
  private readonly open = new OffsetSet();
  private openCount = 0;
  /** Of the open ones: none that lies between those of a piece is complete, or missing. */
  private pieces = 0;
  private lowestOpen = Infinity;
  private end: number;
  /** Behind the last record that was read: what follows, up to `end`, is a gap. */
  private recordsEnd: number;
  private changes = 0;
  private readonly restored = new OffsetSet();
  private readonly start: number;

  /**
   * @param position the first offset that will be read: the committed one
   * @param metadata what {@link commitMetadata} gave with it; anything else counts as nothing
   */
  constructor(position: number, metadata: string | null) {
    this.end = position;
    this.recordsEnd = position;
    this.start = position;
    for (const run of decodeCompleted(position, metadata)) this.restored.addRun(run);
  }

  /** True when the record is to be handed out, false when it was completed before the last restart. */
  add(offset: number): boolean {
    if (offset < this.end) throw new Error(`offset ${offset} comes after ${this.end - 1}`);
    this.end = offset + 1;
    this.recordsEnd = this.end;
    this.changes += 1;
    if (this.restored.has(offset)) return false;
    if (!this.open.has(offset - 1)) this.pieces += 1;
    this.open.add(offset);
    this.openCount += 1;
    this.lowestOpen = Math.min(this.lowestOpen, offset);
    return true;
  }

  /** False when it may come to a commit that cannot speak of all that is complete, if this record is handed out too. */
  mayAdd(offset: number): boolean {
    if (this.openCount === 0 || this.restored.has(offset)) return true;
    const spread = offset + 1 - this.lowestOpen;
    if (spread <= offsetsCovered) return true;
    const pieces = this.open.has(offset - 1) ? this.pieces : this.pieces + 1;
    return canSpeakOf(this.openCount + 1, pieces, spread);
  }

  /** True when {@link mayAdd} is no longer narrow. */
  get hasRoom(): boolean {
    const { spread } = this;
    if (spread < offsetsCovered / 2) return true;
    return spread <= spreadMax * roomShare && canSpeakOf(this.openCount, this.pieces, spread, roomShare);
  }

  /**
   * Completed before the last restart, as the metadata did not say: not handed out, and in the next commit. Far beyond what a commit
   * can speak of it is not kept: it will be read again.
   */
  restore({ from, to }: OffsetRun): void {
    this.changes += 1;
    for (let offset = Math.max(from, this.committable); offset < Math.min(to, this.end); offset += 1) {
      this.complete(offset);
    }
    this.restored.addRun({ from: Math.max(from, this.end), to: Math.min(to, this.start + spreadMax) });
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
    if (!this.open.delete(offset)) return;
    this.openCount -= 1;
    this.pieces += Number(this.open.has(offset - 1)) + Number(this.open.has(offset + 1)) - 1;
    this.changes += 1;
    if (offset === this.lowestOpen) this.lowestOpen = this.open.next(offset);
  }

  /** Handed out and not complete. */
  get incomplete(): number {
    return this.openCount;
  }

  /** The lowest offset that is not complete: everything below it is. */
  get committable(): number {
    return this.openCount === 0 ? this.end : this.lowestOpen;
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
  *completedFrom(offset: number): Generator<OffsetRun> {
    const below = Math.min(this.committable, offset + spreadMax);
    if (below > offset) yield { from: offset, to: below };
    for (const { from, to } of this.completedAbove()) {
      if (to > offset) yield { from: Math.max(from, offset), to };
    }
  }

  private *completedAbove(): Generator<OffsetRun> {
    let at = this.committable;
    for (const open of this.open.runs()) {
      if (open.from > at) yield { from: at, to: open.from };
      at = open.to;
    }
    if (this.recordsEnd > at) yield { from: at, to: this.recordsEnd };
    // What was complete before the restart and is not read again yet.
    yield* this.restored.runs(this.end);
  }
}

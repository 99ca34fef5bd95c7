/**
 * In: the parked webhooks with records that were not taken yet, each with the offset of the first; whose room may have
 * grown. Out: for whom the log is read next; which of them stand in a range of the log.
 * Holds: every step costs the same however many webhooks are parked; who has room gets a turn, the never-read end of
 * the log among them, first come, first served; one whose room grew unnoticed is found all the same, a little later.
 */

/** Offsets per block: what a range covers is found by its blocks. */
const blockOffsets = 1_024;
/** Webhooks that are asked for their room at each turn without a notice. */
const askedPerTurn = 8;

export class ParkedRoundRobin<T extends object> {
  /** Of everyone with untaken records, the first of them. */
  private readonly offsets = new Map<T, number>();
  private readonly blocks = new Map<number, Set<T>>();
  /** Who may have room, in the order of their turns; null is the never-read end. */
  private readonly waiting = new Set<T | null>();
  private asked: Iterator<T> | null = null;
  private awaitingEnd = 0;

  /** @param offset of its first untaken record; null when it has none */
  set(one: T, offset: number | null): void {
    const before = this.offsets.get(one);
    if (offset === null) {
      if (before === undefined) return;
      this.offsets.delete(one);
      this.leaveBlock(one, before);
      this.waiting.delete(one);
      return;
    }
    if (before === offset) return;
    this.offsets.set(one, offset);
    if (before === undefined) this.waiting.add(one);
    else if (blockOf(before) === blockOf(offset)) return;
    else this.leaveBlock(one, before);
    const block = this.blocks.get(blockOf(offset));
    if (block === undefined) this.blocks.set(blockOf(offset), new Set([one]));
    else block.add(one);
  }

  /** What was set; null when it has no untaken records. */
  offsetOf(one: T): number | null {
    return this.offsets.get(one) ?? null;
  }

  /** Its room may have grown: it gets a turn. */
  ask(one: T): void {
    if (this.offsets.has(one)) this.waiting.add(one);
  }

  /** One more, or one less, waits for what lies at the never-read end. */
  awaitEnd(change: 1 | -1): void {
    this.awaitingEnd += change;
    if (this.awaitingEnd === 0) this.waiting.delete(null);
    else this.waiting.add(null);
  }

  /** Whose turn it is, null for the never-read end. Who has no room is not asked again before a notice. */
  next(hasRoom: (one: T) => boolean): T | null {
    this.askSome();
    for (const one of this.waiting) {
      this.waiting.delete(one);
      if (one !== null && !hasRoom(one)) continue;
      this.waiting.add(one);
      return one;
    }
    return null;
  }

  /** Everyone whose first untaken record is at `start` or after it, and before `end`. */
  within(start: number, end: number): readonly T[] {
    const found: T[] = [];
    if (start >= end) return found;
    for (const number of this.blocksBetween(blockOf(start), blockOf(end - 1))) {
      for (const one of this.blocks.get(number) ?? []) {
        const offset = this.offsets.get(one) ?? -1;
        if (offset >= start && offset < end) found.push(one);
      }
    }
    return found;
  }

  private *blocksBetween(first: number, last: number): Generator<number> {
    if (last - first < this.blocks.size) for (let number = first; number <= last; number += 1) yield number;
    else for (const number of this.blocks.keys()) if (number >= first && number <= last) yield number;
  }

  private leaveBlock(one: T, offset: number): void {
    const block = this.blocks.get(blockOf(offset));
    block?.delete(one);
    if (block?.size === 0) this.blocks.delete(blockOf(offset));
  }

  private askSome(): void {
    for (let count = 0; count < askedPerTurn && this.offsets.size > 0; count += 1) {
      this.asked ??= this.offsets.keys();
      const result = this.asked.next();
      if (result.done === true) {
        this.asked = null;
        return;
      }
      this.waiting.add(result.value);
    }
  }
}

function blockOf(offset: number): number {
  return Math.floor(offset / blockOffsets);
}

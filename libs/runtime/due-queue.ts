/**
 * What waits for its moment, earliest first; of the same moment, in the order it came. A binary heap: a hundred thousand
 * wait as cheaply as ten, and one timer for the earliest is enough for all.
 */

interface Entry<T> {
  readonly at: number;
  readonly sequence: number;
  readonly item: T;
}

export class DueQueue<T> {
  private heap: Entry<T>[] = [];
  private sequence = 0;

  get size(): number {
    return this.heap.length;
  }

  /** The moment of the earliest; null when nothing waits. */
  get nextAt(): number | null {
    return this.heap[0]?.at ?? null;
  }

  push(at: number, item: T): void {
    this.heap.push({ at, sequence: this.sequence, item });
    this.sequence += 1;
    this.siftUp(this.heap.length - 1);
  }

  /** Takes out the earliest whose moment has come, or null. */
  popDue(now: number): T | null {
    const first = this.heap[0];
    if (first === undefined || first.at > now) return null;
    const last = this.heap.pop();
    if (last !== undefined && last !== first) {
      this.heap[0] = last;
      this.siftDown(0);
    }
    return first.item;
  }

  /** Takes out everything for which `isGone` holds. */
  remove(isGone: (item: T) => boolean): void {
    this.heap = this.heap.filter(({ item }) => !isGone(item));
    for (let index = (this.heap.length >> 1) - 1; index >= 0; index -= 1) this.siftDown(index);
  }

  private siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.isBefore(right, left) ? right : left;
      if (!this.isBefore(child, index)) return;
      this.swap(index, child);
      index = child;
    }
  }

  private isBefore(one: number, other: number): boolean {
    const [a, b] = [this.at(one), this.at(other)];
    return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
  }

  private swap(one: number, other: number): void {
    const kept = this.at(one);
    this.heap[one] = this.at(other);
    this.heap[other] = kept;
  }

  private at(index: number): Entry<T> {
    const entry = this.heap[index];
    if (entry === undefined) throw new RangeError(`no entry ${index} in a heap of ${this.heap.length}`);
    return entry;
  }
}

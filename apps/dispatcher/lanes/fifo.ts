/** A first-in first-out queue whose take costs the same however long it is (an array's shift does not). */
export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  peek(): T | undefined {
    return this.items[this.head];
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head += 1;
    // Give back the room in front once it is most of the array: amortised one move per item.
    if (this.head > 32 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** To the front; rare, so its cost may grow with the length. */
  unshift(item: T): void {
    this.items = [item, ...this.items.slice(this.head)];
    this.head = 0;
  }

  /** Removes what `isGone` says, keeps the order of the rest. */
  removeWhere(isGone: (item: T) => boolean): readonly T[] {
    const removed: T[] = [];
    const kept: T[] = [];
    for (const item of this.items.slice(this.head) as T[]) (isGone(item) ? removed : kept).push(item);
    this.items = kept;
    this.head = 0;
    return removed;
  }
}

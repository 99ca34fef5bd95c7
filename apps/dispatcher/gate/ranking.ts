/**
 * In: who waits for something that there is too little of. Out: who holds the least of it.
 * Holds: of those that hold the same, first come, first served; each step costs the logarithm of how many wait, and none
 * makes an object. A binary heap in which everyone knows its place, so that it can be moved when it holds more or less.
 */

export interface Ranked {
  /** What it holds, in any unit that is the same for all of a ranking. */
  readonly load: number;
  /** When it was listed: set by {@link Ranking.push}. */
  turn: number;
  /** Its place in the one ranking it may be in; -1 when it is in none. */
  rank: number;
}

export class Ranking<T extends Ranked> {
  private readonly heap: T[] = [];
  private turns = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Who holds the least. */
  peek(): T | undefined {
    return this.heap[0];
  }

  push(one: T): void {
    one.turn = this.turns += 1;
    this.heap.push(one);
    this.up(one, this.heap.length - 1);
  }

  shift(): T | undefined {
    const first = this.heap[0];
    if (first !== undefined) this.delete(first);
    return first;
  }

  delete(one: T): void {
    const at = one.rank;
    const last = this.heap.pop();
    one.rank = -1;
    if (last === undefined || last === one) return;
    last.rank = at;
    this.moved(last);
  }

  /** It holds more or less than before. */
  moved(one: T): void {
    this.up(one, one.rank);
    this.down(one, one.rank);
  }

  /** It was served: those that hold the same go first. */
  served(one: T): void {
    one.turn = this.turns += 1;
    this.moved(one);
  }

  private up(one: T, from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = this.heap[above];
      if (other === undefined || !isBefore(one, other)) break;
      this.put(other, at);
      at = above;
    }
    this.put(one, at);
  }

  private down(one: T, from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      let other = this.heap[left];
      if (other === undefined) break;
      const right = this.heap[left + 1];
      let below = left;
      if (right !== undefined && isBefore(right, other)) {
        other = right;
        below = left + 1;
      }
      if (!isBefore(other, one)) break;
      this.put(other, at);
      at = below;
    }
    this.put(one, at);
  }

  private put(one: T, at: number): void {
    this.heap[at] = one;
    one.rank = at;
  }
}

function isBefore(one: Ranked, other: Ranked): boolean {
  return one.load < other.load || (one.load === other.load && one.turn < other.turn);
}

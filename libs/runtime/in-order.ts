/**
 * Things in the order in which they came, each of which leaves on its own, whenever that is.
 * Holds: each step costs the same however many there are, also the look at the first: a Set passes over the places of all that
 * left before it, each time that it is asked. A thing is in one such list at most.
 */

export interface Ordered {
  /** Set by the list that it is in. */
  before?: this | null | undefined;
  after?: this | null | undefined;
}

export class InOrder<T extends Ordered> {
  private oldest: T | null = null;
  private newest: T | null = null;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** That which came first of those that are here. */
  get first(): T | null {
    return this.oldest;
  }

  add(one: T): void {
    one.before = this.newest;
    one.after = null;
    if (this.newest === null) this.oldest = one;
    else this.newest.after = one;
    this.newest = one;
    this.count += 1;
  }

  /** @returns false when it is not here */
  delete(one: T): boolean {
    const { before, after } = one;
    if (before === undefined || after === undefined) return false;
    if (before === null) this.oldest = after;
    else before.after = after;
    if (after === null) this.newest = before;
    else after.before = before;
    // So that what is gone keeps nothing of what comes.
    one.before = undefined;
    one.after = undefined;
    this.count -= 1;
    return true;
  }

  /** In their order. One that was just given may leave meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let one = this.oldest; one !== null;) {
      const after: T | null = one.after ?? null;
      yield one;
      one = after;
    }
  }
}

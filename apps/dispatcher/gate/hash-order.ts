/**
 * In: entries as they come and go. Out: all of them in the order of their hashes, which is what floors are made from.
 * A commit that speaks of thousands of webhooks would take longer to sort them than to write them down.
 */
import { prefixOf } from '../parked/parked-watermarks.ts';

export class HashOrder<T extends { readonly hash: string }> {
  private readonly entries: T[] = [];
  private readonly prefixes: number[] = [];

  get all(): readonly T[] {
    return this.entries;
  }

  add(entry: T): void {
    const prefix = prefixOf(entry.hash);
    const at = this.placeOf(prefix);
    this.entries.splice(at, 0, entry);
    this.prefixes.splice(at, 0, prefix);
  }

  delete(entry: T): void {
    const prefix = prefixOf(entry.hash);
    for (let at = this.placeOf(prefix); this.prefixes[at] === prefix; at += 1) {
      if (this.entries[at] !== entry) continue;
      this.entries.splice(at, 1);
      this.prefixes.splice(at, 1);
      return;
    }
  }

  /** Of the first that has this prefix, or would. */
  private placeOf(prefix: number): number {
    let low = 0;
    let high = this.prefixes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.prefixes[middle] ?? 0) < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

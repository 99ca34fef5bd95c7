/**
 * A set of offsets. In: offsets in any order, and whole runs of them. Out: what is in it, as runs, ascending.
 * Holds: a bit for each offset, in pages of those parts of the log that have any: adding, removing and asking cost the same however
 * many there are; what all of it costs goes by the pages, however far apart they lie.
 */

/** From the first offset to the one behind the last. */
export interface OffsetRun {
  readonly from: number;
  readonly to: number;
}

interface Page {
  readonly index: number;
  readonly words: Uint32Array;
  count: number;
}

const pageOffsets = 4_096;
const wordsInPage = pageOffsets / 32;

export class OffsetSet {
  private readonly pages = new Map<number, Page>();
  /** The page that was asked for last: most of what follows is there. */
  private latest: Page | null = null;
  /** Of a page that became empty: where little is under way the same one comes and goes with each record. */
  private spare: Uint32Array | null = null;

  has(offset: number): boolean {
    const page = this.find(pageIndexOf(offset));
    if (page === null) return false;
    const bit = offset % pageOffsets;
    return ((page.words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  /** @returns false when it was in it */
  add(offset: number): boolean {
    const page = this.pageFor(pageIndexOf(offset));
    const bit = offset % pageOffsets;
    return setBits(page, bit >>> 5, 1 << (bit & 31)) > 0;
  }

  addRun({ from, to }: OffsetRun): void {
    for (let at = from; at < to;) {
      const bit = at % pageOffsets;
      const count = Math.min(to - at, 32 - (bit & 31));
      const mask = count === 32 ? -1 : ((1 << count) - 1) << (bit & 31);
      setBits(this.pageFor(pageIndexOf(at)), bit >>> 5, mask);
      at += count;
    }
  }

  /** @returns false when it was not in it */
  delete(offset: number): boolean {
    const page = this.find(pageIndexOf(offset));
    if (page === null) return false;
    const bit = offset % pageOffsets;
    const word = page.words[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    if ((word & mask) === 0) return false;
    page.words[bit >>> 5] = word & ~mask;
    page.count -= 1;
    if (page.count === 0) this.drop(page);
    return true;
  }

  clear(): void {
    this.pages.clear();
    this.latest = null;
  }

  /** Forgets what lies in pages below this offset. */
  dropBelow(offset: number): void {
    for (const index of this.pages.keys()) if (index < pageIndexOf(offset)) this.pages.delete(index);
    this.latest = null;
  }

  /** The lowest one at or above `offset`; Infinity when there is none. */
  next(offset: number): number {
    const index = pageIndexOf(offset);
    const own = this.find(index);
    const found = own === null ? -1 : bitFrom(own, offset % pageOffsets);
    if (found !== -1) return index * pageOffsets + found;
    let later: Page | null = null;
    for (const page of this.pages.values()) {
      if (page.index > index && (later === null || page.index < later.index)) later = page;
    }
    return later === null ? Infinity : later.index * pageOffsets + bitFrom(later, 0);
  }

  /** Of what lies at and above `offset`, ascending, none of them adjacent to another. */
  *runs(offset = 0): Generator<OffsetRun> {
    const pages = [...this.pages.values()].filter(({ index }) => index >= pageIndexOf(offset));
    let run = { from: -1, to: -1 };
    for (const { index, words } of pages.sort((a, b) => a.index - b.index)) {
      for (let at = 0; at < wordsInPage; at += 1) {
        const base = index * pageOffsets + at * 32;
        let word = words[at] ?? 0;
        if (base < offset) word &= offset - base >= 32 ? 0 : -1 << (offset - base);
        while (word !== 0) {
          const first = trailingZeros(word);
          const behind = first + trailingZeros(~(word >>> first));
          if (base + first === run.to) run.to = base + behind;
          else {
            if (run.from !== run.to) yield run;
            run = { from: base + first, to: base + behind };
          }
          word = behind === 32 ? 0 : word & (-1 << behind);
        }
      }
    }
    if (run.from !== run.to) yield run;
  }

  private find(index: number): Page | null {
    if (this.latest?.index === index) return this.latest;
    const page = this.pages.get(index);
    if (page === undefined) return null;
    this.latest = page;
    return page;
  }

  private pageFor(index: number): Page {
    const found = this.find(index);
    if (found !== null) return found;
    const page = { index, words: this.spare ?? new Uint32Array(wordsInPage), count: 0 };
    this.spare = null;
    this.pages.set(index, page);
    this.latest = page;
    return page;
  }

  private drop(page: Page): void {
    this.pages.delete(page.index);
    this.spare = page.words;
    this.latest = null;
  }
}

function pageIndexOf(offset: number): number {
  return Math.floor(offset / pageOffsets);
}

/** @returns how many of them were not set */
function setBits(page: Page, at: number, mask: number): number {
  const before = page.words[at] ?? 0;
  const added = ones(mask & ~before);
  page.words[at] = before | mask;
  page.count += added;
  return added;
}

/** The lowest bit at or above this one; -1 when there is none. */
function bitFrom({ words }: Page, bit: number): number {
  let word = (words[bit >>> 5] ?? 0) & (-1 << (bit & 31));
  for (let at = bit >>> 5; ; word = words[at] ?? 0) {
    if (word !== 0) return at * 32 + trailingZeros(word);
    at += 1;
    if (at === wordsInPage) return -1;
  }
}

/** 32 when there is no other bit. */
function trailingZeros(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

function ones(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Regular expressions of JSON Schemas, in time that grows with the text and not faster: all ways through a pattern are
 * followed at once, a character at a time (Thompson, 1968), where RegExp tries one after the other.
 * Holds: a pattern means what it means to `new RegExp(pattern, 'u')`; single characters and classes are asked there.
 * Look-around, back references and inline flags cannot be followed so, and are refused with the reason.
 */
import { parsePattern, type PatternNode, type Refuse } from './pattern-syntax.ts';

export class PatternError extends Error {
  readonly code = 'pattern';
  readonly retryable = false;
}

/** Told of the work, in states looked at. It may throw to end it. */
export type Spend = (states: number) => void;

/** States of a pattern once its repetitions are written out. */
const statesMax = 1_000;

const kinds = { end: 0, one: 1, fork: 2, assert: 3 } as const;

type Test = (code: number) => boolean;
type Assertion = (before: number, after: number) => boolean;

/** Where there is no character: before the first, after the last. */
const none = -1;

export class LinearPattern {
  readonly #source: string;
  readonly #spend: Spend;
  // A program as columns: what a state is, what follows, and what it asks.
  readonly #kind: number[] = [];
  readonly #next: number[] = [];
  readonly #other: number[] = [];
  readonly #asks: (Test | Assertion | null)[] = [];
  readonly #first: number;
  readonly #isAnchored: boolean;
  /** Per state the position at which it was last reached. */
  readonly #reachedAt: Int32Array;
  readonly #stack: Int32Array;
  /** States that wait for a character. */
  #waiting: Int32Array;
  #waitingCount = 0;
  #active: Int32Array;

  /** @throws PatternError, or SyntaxError of RegExp */
  constructor(source: string, spend: Spend = () => undefined) {
    this.#source = source;
    this.#spend = spend;
    const refuse = (what: string): never => {
      throw new PatternError(
        `the pattern ${JSON.stringify(source.slice(0, 100))} ${what}, so that no bound could be put on its time`,
      );
    };
    const root = parsePattern(source, refuse);
    const end = this.#add(kinds.end, { next: 0 }, refuse);
    this.#first = this.#compile(root, end, refuse);
    const states = this.#kind.length;
    this.#reachedAt = new Int32Array(states);
    // A state is put there twice at most: by each that leads to it, which is followed once.
    this.#stack = new Int32Array(2 * states + 1);
    this.#waiting = new Int32Array(states);
    this.#active = new Int32Array(states);
    this.#isAnchored = !this.#canBeginInside();
  }

  /** As of RegExp; Ajv tells patterns apart by it. */
  toString(): string {
    return `/${this.#source}/u`;
  }

  /** True when the pattern is somewhere in the text. */
  test(text: string): boolean {
    this.#reachedAt.fill(none);
    let activeCount = 0;
    let looked = 0;
    let before = none;
    for (let index = 0; ;) {
      const after = index < text.length ? (text.codePointAt(index) ?? none) : none;
      this.#waitingCount = 0;
      for (let at = 0; at < activeCount; at += 1) {
        if (this.#reach(this.#active[at] ?? 0, index, before, after)) return true;
      }
      if ((index === 0 || !this.#isAnchored) && this.#reach(this.#first, index, before, after)) return true;
      const count = this.#waitingCount;
      looked += 1 + activeCount + count;
      // Now and then is enough: a step is short.
      if (looked > 1_024) {
        this.#spend(looked);
        looked = 0;
      }
      if (after === none || (count === 0 && this.#isAnchored)) break;
      activeCount = 0;
      for (let at = 0; at < count; at += 1) {
        const state = this.#waiting[at] ?? 0;
        if (!(this.#asks[state] as Test)(after)) continue;
        this.#active[activeCount] = this.#next[state] ?? 0;
        activeCount += 1;
      }
      before = after;
      index += after > 0xffff ? 2 : 1;
    }
    this.#spend(looked);
    return false;
  }

  /** Follows what takes no character. @returns true when the end is reached */
  #reach(from: number, index: number, before: number, after: number): boolean {
    const stack = this.#stack;
    stack[0] = from;
    for (let height = 1; height > 0;) {
      height -= 1;
      const state = stack[height] ?? 0;
      if (this.#reachedAt[state] === index) continue;
      this.#reachedAt[state] = index;
      switch (this.#kind[state] as number) {
        case kinds.end:
          return true;
        case kinds.one:
          this.#waiting[this.#waitingCount] = state;
          this.#waitingCount += 1;
          break;
        case kinds.fork:
          stack[height] = this.#other[state] ?? 0;
          stack[height + 1] = this.#next[state] ?? 0;
          height += 2;
          break;
        case kinds.assert:
          if (!(this.#asks[state] as Assertion)(before, after)) break;
          stack[height] = this.#next[state] ?? 0;
          height += 1;
          break;
      }
    }
    return false;
  }

  /** False when every way begins with `^`. */
  #canBeginInside(): boolean {
    // At a boundary of words, inside of a word, at the end: whatever is not `^` holds in one of them.
    return [97, 32, none].some((after) => {
      this.#reachedAt.fill(none);
      this.#waitingCount = 0;
      return this.#reach(this.#first, 0, 97, after) || this.#waitingCount > 0;
    });
  }

  #add(
    kind: number,
    { next, other = 0, asks = null }: { next: number; other?: number; asks?: Test | Assertion | null },
    refuse: Refuse,
  ): number {
    if (this.#kind.length >= statesMax) {
      refuse(`has more than ${statesMax} states once its repetitions are written out`);
    }
    this.#next.push(next);
    this.#other.push(other);
    this.#asks.push(asks);
    return this.#kind.push(kind) - 1;
  }

  /** Backwards: what follows is there already. @returns where the node begins */
  #compile(node: PatternNode, next: number, refuse: Refuse): number {
    switch (node.kind) {
      case 'one':
        return this.#add(kinds.one, { next, asks: node.isIn }, refuse);
      case 'assert':
        return this.#add(kinds.assert, { next, asks: node.holds }, refuse);
      case 'sequence':
        return node.parts.reduceRight((following, part) => this.#compile(part, following, refuse), next);
      case 'either': {
        const [last = next, ...others] = node.options.map((option) => this.#compile(option, next, refuse)).reverse();
        return others.reduce((other, option) => this.#add(kinds.fork, { next: option, other }, refuse), last);
      }
      case 'repeat': {
        let begin = next;
        if (node.max === Infinity) {
          begin = this.#add(kinds.fork, { next, other: next }, refuse);
          this.#next[begin] = this.#compile(node.part, begin, refuse);
        } else {
          for (let count = node.min; count < node.max; count += 1) {
            begin = this.#add(kinds.fork, { next: this.#compile(node.part, begin, refuse), other: next }, refuse);
          }
        }
        for (let count = 0; count < node.min; count += 1) {
          const before = this.#compile(node.part, begin, refuse);
          // What takes no character takes none however often.
          if (before === begin) break;
          begin = before;
        }
        return begin;
      }
    }
  }
}

/**
 * Takes a regular expression of ECMAScript (flag `u`) apart. RegExp has to accept it, so what is read here is valid;
 * what one character may be is left to RegExp, which is asked once per ASCII character and class.
 */

export type PatternNode =
  | { readonly kind: 'one'; readonly isIn: (code: number) => boolean }
  /** `before`, `after`: code points, below zero where there is none. */
  | { readonly kind: 'assert'; readonly holds: (before: number, after: number) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'either'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly min: number; readonly max: number };

export type Refuse = (what: string) => never;

/** Groups inside each other. */
const depthMax = 100;
const asciiCodes = 128;

/** @throws SyntaxError of RegExp, and what `refuse` throws where a pattern is no regular language */
export function parsePattern(source: string, refuse: Refuse): PatternNode {
  new RegExp(source, 'u');
  return new Parser(source, refuse).either(0);
}

class Parser {
  private readonly source: string;
  private readonly refuse: Refuse;
  private readonly classes = new Map<string, (code: number) => boolean>();
  private at = 0;

  constructor(source: string, refuse: Refuse) {
    this.source = source;
    this.refuse = refuse;
  }

  either(depth: number): PatternNode {
    if (depth > depthMax) this.refuse(`has groups deeper than ${depthMax}`);
    const options = [this.sequence(depth)];
    while (this.source[this.at] === '|') {
      this.at += 1;
      options.push(this.sequence(depth));
    }
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'either', options };
  }

  private sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at] ?? '')) {
      parts.push(this.repeated(this.part(depth)));
    }
    return { kind: 'sequence', parts };
  }

  private part(depth: number): PatternNode {
    switch (this.source[this.at]) {
      case '^':
        this.at += 1;
        return { kind: 'assert', holds: (before) => before < 0 };
      case '$':
        this.at += 1;
        return { kind: 'assert', holds: (_before, after) => after < 0 };
      case '(':
        return this.group(depth);
      case '[':
        return this.one(this.endOfClass());
      case '\\':
        return this.escaped();
      default:
        return this.one(this.at + ((this.source.codePointAt(this.at) ?? 0) > 0xffff ? 2 : 1));
    }
  }

  private group(depth: number): PatternNode {
    const [opening = ''] = /^\((?:\?(?::|<(?![=!])[^>]*>)?)?/.exec(this.source.slice(this.at)) ?? [];
    if (opening === '(?') {
      const isLook = /^\(\?<?[=!]/.test(this.source.slice(this.at, this.at + 4));
      this.refuse(isLook ? 'looks ahead or behind' : 'has flags inside');
    }
    this.at += opening.length;
    const inside = this.either(depth + 1);
    this.at += 1;
    return inside;
  }

  private escaped(): PatternNode {
    const next = this.source[this.at + 1] ?? '';
    if (/[1-9k]/.test(next)) this.refuse('refers back to a group');
    if (next === 'b' || next === 'B') {
      this.at += 2;
      const isWord = this.memberOf('\\w');
      const isAt = (before: number, after: number) => (before >= 0 && isWord(before)) !== (after >= 0 && isWord(after));
      return { kind: 'assert', holds: next === 'b' ? isAt : (before, after) => !isAt(before, after) };
    }
    const pattern =
      /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[a-zA-Z]|[pP]\{[^}]*\}|[^])/uy;
    pattern.lastIndex = this.at;
    const [escape = '\\'] = pattern.exec(this.source) ?? [];
    return this.one(this.at + escape.length);
  }

  private endOfClass(): number {
    let end = this.at + 1;
    while (this.source[end] !== ']') end += this.source[end] === '\\' ? 2 : 1;
    return end + 1;
  }

  /** What is written up to `end` is one character. */
  private one(end: number): PatternNode {
    const isIn = this.memberOf(this.source.slice(this.at, end));
    this.at = end;
    return { kind: 'one', isIn };
  }

  private memberOf(written: string): (code: number) => boolean {
    const known = this.classes.get(written);
    if (known !== undefined) return known;
    const whole = new RegExp(`^${written}$`, 'u');
    const ascii = Uint8Array.from({ length: asciiCodes }, (_, code) => Number(whole.test(String.fromCharCode(code))));
    const isIn = (code: number) => (code < asciiCodes ? ascii[code] === 1 : whole.test(String.fromCodePoint(code)));
    this.classes.set(written, isIn);
    return isIn;
  }

  private repeated(part: PatternNode): PatternNode {
    const quantifier = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y;
    quantifier.lastIndex = this.at;
    const found = quantifier.exec(this.source);
    if (found === null) return part;
    const [written, least, comma, most] = found;
    this.at += written.length;
    if (least === undefined)
      return { kind: 'repeat', part, min: written[0] === '+' ? 1 : 0, max: written[0] === '?' ? 1 : Infinity };
    const min = Number(least);
    return { kind: 'repeat', part, min, max: comma === undefined ? min : most === '' ? Infinity : Number(most) };
  }
}

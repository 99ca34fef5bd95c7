/**
 * Text about a person, replaced in what is kept. In: a value as JSON holds it, and the text: a name, an address. Out: the
 * value with `erased` in its place. Holds: longer names and addresses that merely contain it stay as they are. Pure.
 */
import { rawNumberOf } from '../payload/lossless-json.ts';

export const erasedText = 'erased';

export class ErasedSubject {
  private readonly pattern: RegExp;

  /** @param subject not empty */
  constructor(subject: string) {
    const escaped = subject.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    // Of `joann@example.com`, `mary-ann` and 10.0.0.10 those without the beginning or the end are others.
    this.pattern = new RegExp(String.raw`(?<![\p{L}\p{N}\p{M}][.+_-]?)${escaped}(?![.+_-]?[\p{L}\p{N}\p{M}])`, 'giu');
  }

  isIn(text: string): boolean {
    this.pattern.lastIndex = 0;
    return this.pattern.test(text);
  }

  /** Names of members stay. */
  replacedIn(value: unknown): unknown {
    if (typeof value === 'string') return value.replaceAll(this.pattern, erasedText);
    if (typeof value !== 'object' || value === null || rawNumberOf(value) !== null) return value;
    if (Array.isArray(value)) return value.map((one) => this.replacedIn(one));
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.replacedIn(one)]));
  }
}

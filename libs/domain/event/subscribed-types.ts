/** In: types and patterns that a webhook is to take, and the catalogue. Out: what may be misspelt of them. Pure. */
import { closestWord, wordSteps, type WordSteps } from '../closest-word.ts';

export interface Misspelt {
  readonly written: string;
  /** What the catalogue has. */
  readonly meant: string;
}

/**
 * A type that the catalogue does not have, and one that is nearly the same; of a pattern such as `order.*` its prefix. Types
 * that are like none of the catalogue are nobody's mistake. Where looking costs too much, the rest is not looked at.
 */
export function misspeltTypes(written: readonly string[], catalogued: readonly string[]): readonly Misspelt[] {
  const prefixes = new Set(catalogued.flatMap(prefixesOf));
  const types = new Set(catalogued);
  const steps = wordSteps();
  return written.flatMap((one) => {
    if (one === '*' || types.has(one) || prefixes.has(one)) return [];
    const meant = closestWord(one, one.endsWith('.*') ? prefixes : types, steps);
    return meant === null ? [] : [{ written: one, meant }];
  });
}
/**
 * The type that may be meant by one that nobody takes. A pattern such as `order.*` takes every type that begins so: meant is the one
 * that ends as the written one does.
 */
export function closestTaken(written: string, taken: Iterable<string>, steps = wordSteps()): string | null {
  return closestWord(written, endingAlike(written, taken, steps), steps);
}

/** Steps that a type made of a pattern costs beside being compared. */
const patternSteps = 20;

function* endingAlike(written: string, taken: Iterable<string>, steps: WordSteps): Iterable<string> {
  const parts = written.split('.');
  for (const one of taken) {
    if (!one.endsWith('.*')) yield one;
    else {
      steps.left -= patternSteps;
      const prefix = one.slice(0, -'.*'.length);
      const rest = parts.slice(prefix.split('.').length);
      if (rest.length > 0) yield `${prefix}.${rest.join('.')}`;
    }
  }
}

/** `a.*` and `a.b.*` of `a.b.c`. */
function prefixesOf(type: string): readonly string[] {
  const parts = type.split('.');
  return parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join('.')}.*`);
}

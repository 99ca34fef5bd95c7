/** In: types and patterns that a webhook is to take, and the catalogue. Out: what may be misspelt of them. Pure. */
import { closestWord, wordSteps } from '../closest-word.ts';

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
/** `a.*` and `a.b.*` of `a.b.c`. */
function prefixesOf(type: string): readonly string[] {
  const parts = type.split('.');
  return parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join('.')}.*`);
}

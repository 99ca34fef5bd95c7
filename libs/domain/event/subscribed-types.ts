/** In: types and patterns that a webhook is to take, and the catalogue. Out: what may be misspelt of them. Pure. */
import { closestWord } from '../closest-word.ts';

export interface Misspelt {
  readonly written: string;
  /** What the catalogue has. */
  readonly meant: string;
}

/**
 * A type that the catalogue does not have, and one that is nearly the same; of a pattern such as `order.*` its prefix. Types
 * that are like none of the catalogue are nobody's mistake.
 */
export function misspeltTypes(written: readonly string[], catalogued: readonly string[]): readonly Misspelt[] {
  const known = new Set(catalogued.flatMap((type) => [type, ...prefixesOf(type)]));
  return written.flatMap((one) => {
    if (one === '*' || known.has(one)) return [];
    const isPattern = one.endsWith('.*');
    const meant = closestWord(one, isPattern ? [...known].filter((word) => word.endsWith('.*')) : catalogued);
    return meant === null ? [] : [{ written: one, meant }];
  });
}

/** `a.*` and `a.b.*` of `a.b.c`. */
function prefixesOf(type: string): readonly string[] {
  const parts = type.split('.');
  return parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join('.')}.*`);
}

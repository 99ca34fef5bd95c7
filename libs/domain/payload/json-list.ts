/** The elements of a JSON list as texts, one at a time, so that a long list can be read in steps. Linear; nothing is built. */

import { JsonSyntaxError } from './json-error.ts';

const quote = 34;
const backslash = 92;

/** An element, or the space before or after the list, has more characters than were allowed. */
export class ElementTooLongError extends Error {}

/**
 * The texts between the commas of the outermost list. What it gives of a text that is no JSON is no JSON either, or it throws: each
 * element is still to be parsed. No step looks at more than about `charsMax` characters.
 * @throws SyntaxError when the text is no list, ElementTooLongError
 */
export function* elementTexts(text: string, charsMax = Infinity): Generator<string, void> {
  const start = skipSpace(text, 0, charsMax);
  if (text.charCodeAt(start) !== 91) throw new JsonSyntaxError('not a list', start); // [
  let depth = 0;
  let from = start + 1;
  for (let index = start; index < text.length; index += 1) {
    if (index - from > charsMax) throw new ElementTooLongError(`over ${charsMax} characters`);
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index, from + charsMax);
        break;
      case 123: // {
      case 91:
        depth += 1;
        break;
      case 44: // ,
        if (depth !== 1) break;
        yield text.slice(from, index);
        from = index + 1;
        break;
      case 125: // }
      case 93: {
        // ]
        depth -= 1;
        if (depth > 0) break;
        if (text.charCodeAt(index) !== 93) throw new JsonSyntaxError('the list has no end', index);
        const rest = skipSpace(text, index + 1, charsMax);
        if (rest < text.length) throw new JsonSyntaxError('more than a list', rest);
        // An empty list has no elements; after a comma there is to be one.
        if (from > start + 1 || skipSpace(text, from, charsMax) < index) yield text.slice(from, index);
        return;
      }
    }
  }
  throw new JsonSyntaxError('the list has no end', text.length);
}

/** Of the quote that ends the string which begins at `start`; beyond `last` or the text when that comes first. */
function endOfString(text: string, start: number, last: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (index > last) return index;
    const code = text.charCodeAt(index);
    if (code === backslash) index += 1;
    else if (code === quote) return index;
  }
  return text.length;
}

/** RFC 8259, section 2: space, tab, line feed, carriage return. */
function skipSpace(text: string, start: number, charsMax: number): number {
  let index = start;
  for (;;) {
    if (index - start > charsMax) throw new ElementTooLongError(`over ${charsMax} characters of space`);
    const code = text.charCodeAt(index);
    if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return index;
    index += 1;
  }
}

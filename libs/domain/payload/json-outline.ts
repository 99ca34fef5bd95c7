/**
 * Where the parts of a JSON text lie, without building anything. What an event carries goes out as the text that its
 * producer wrote, so the text of its data is cut out of the whole instead of being written anew.
 */

export interface JsonOutline {
  /** Lists and objects inside each other, at most. */
  readonly depth: number;
  /** The text that was asked for: a member of the root object, or the whole. Null when there is no such member. */
  readonly span: JsonSpan | null;
  /** As written, counted with each repetition of a name. Only where a member is asked for; else 0. */
  readonly rootMembers: number;
}

export interface JsonSpan {
  readonly text: string;
  /** Members of all objects in it as written: more than the parsed value has when a name occurs twice in an object. */
  readonly members: number;
}

const quote = 34;
const backslash = 92;

/**
 * Outlines a text that JSON.parse has accepted. With `memberName`, the span is that member of the root object (the last
 * one of the name, as JSON.parse has it); with null it is the whole text.
 */
export function outlineJson(text: string, memberName: string | null): JsonOutline {
  return outlineOf(text, memberName, null);
}

/** The texts of all members of the root object that have this name, of a text that JSON.parse has accepted. */
export function membersNamed(text: string, memberName: string): readonly string[] {
  const found: string[] = [];
  outlineOf(text, memberName, found);
  return found;
}

function outlineOf(text: string, memberName: string | null, found: string[] | null): JsonOutline {
  const scan = { depth: 0, deepest: 0, members: 0 };
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = memberName === null ? 0 : -1;
  let span: JsonSpan | null = null;
  let rootMembers = 0;
  const closeSpan = (end: number) => {
    if (valueStart >= 0) {
      span = { text: text.slice(valueStart, end).trim(), members: scan.members };
      found?.push(span.text);
    }
    valueStart = -1;
  };
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case quote: {
        const end = endOfString(text, index);
        if (scan.depth === 1) [keyStart, keyEnd] = [index, end];
        index = end;
        break;
      }
      case 123: // {
      case 91: // [
        scan.depth += 1;
        if (scan.depth > scan.deepest) scan.deepest = scan.depth;
        break;
      case 125: // }
      case 93: // ]
        if (scan.depth === 1 && memberName !== null) closeSpan(index);
        scan.depth -= 1;
        break;
      case 44: // ,
        if (scan.depth === 1 && memberName !== null) closeSpan(index);
        break;
      case 58: // :
        if (scan.depth === 1 && memberName !== null) {
          rootMembers += 1;
          if (isName(text, keyStart, keyEnd, memberName)) {
            valueStart = index + 1;
            scan.members = 0;
          }
        } else scan.members += 1;
        break;
    }
  }
  if (memberName === null) closeSpan(text.length);
  return { depth: scan.deepest, span, rootMembers };
}

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, position: number): boolean {
  let first = position;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (position - first) % 2 === 1;
}

function isName(text: string, start: number, end: number, name: string): boolean {
  const written = text.slice(start + 1, end);
  return written === name || (written.includes('\\') && JSON.parse(`"${written}"`) === name);
}

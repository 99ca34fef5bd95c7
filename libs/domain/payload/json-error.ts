/**
 * Where a text stops being JSON (RFC 8259). JSON.parse names the place of some errors only, and quotes the text in its
 * message. In: a text that it refused. Out: the index of the first character that cannot stand there.
 * Holds: linear, one step for each character at most, whatever the text is.
 */

/** An error at a known place. */
export class JsonSyntaxError extends SyntaxError {
  /** Index in the text; its length when the text ends too early. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Such as `line 3, column 14`: both count from 1, columns in UTF-16 units. */
export function placeIn(text: string, at: number): string {
  let line = 1;
  let lineStart = 0;
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', end + 1)) {
    line += 1;
    lineStart = end + 1;
  }
  return `line ${line}, column ${at - lineStart + 1}`;
}

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or end' | 'nothing';

const literal = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The length of the text when it ends too early; null: it is JSON. */
export function jsonErrorAt(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end');
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === ' ' || char === '\n' || char === '\r' || char === '\t') {
      at += 1;
      continue;
    }
    if (expected === 'nothing') return at;
    if (expected === 'colon') {
      if (char !== ':') return at;
      expected = 'value';
      at += 1;
      continue;
    }
    if (expected === 'comma or end' || (expected === 'value or ]' && char === ']') || char === '}') {
      const isInList = open.at(-1) === '[';
      if (expected === 'comma or end' && char === ',') expected = isInList ? 'value' : 'name';
      else if (char === (isInList ? ']' : '}') && expected !== 'value' && expected !== 'name') {
        open.pop();
        expected = afterValue();
      } else return at;
      at += 1;
      continue;
    }
    if (char === '"') {
      const end = endOfString(text, at);
      if (text.charAt(end) !== '"') return end;
      expected = expected === 'name' || expected === 'name or }' ? 'colon' : afterValue();
      at = end + 1;
      continue;
    }
    if (expected === 'name' || expected === 'name or }') return at;
    if (char === '{' || char === '[') {
      open.push(char);
      expected = char === '{' ? 'name or }' : 'value or ]';
      at += 1;
      continue;
    }
    const end = endOfMatch(literal, text, at);
    if (end === null) return endOfCutLiteral(text, at);
    expected = afterValue();
    at = end;
  }
  return expected === 'nothing' ? null : text.length;
}

/** Of the quote that ends the string which begins at `start`, else of what cannot stand in it. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') {
    if (text.charCodeAt(at) < 0x20) return at;
    const end = text.charAt(at) === '\\' ? endOfMatch(escape, text, at) : at + 1;
    if (end === null) return at;
    at = end;
  }
  return at;
}

function endOfMatch(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

/** Of a word or a number that the end of the text cuts off: there. */
function endOfCutLiteral(text: string, at: number): number {
  const rest = text.slice(at, at + 5);
  return rest.length < 5 && /^(?:-|t|tr|tru|f|fa|fal|fals|n|nu|nul)$/.test(rest) ? text.length : at;
}

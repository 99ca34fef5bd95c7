/**
 * JSON on several lines, of which nothing but the blanks between its parts is changed: numbers of any length and escapes stay
 * as they were written. Pure. Null for what is not JSON. Linear: what is deeper than anybody looks stands below each other.
 */

const indent = '  ';
const indentsMax = 32;

export function prettyJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const parts: string[] = [];
  let depth = 0;
  const newLine = () => `\n${indent.repeat(Math.min(depth, indentsMax))}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[^\s",:[\]{}]+|[,:[\]{}]/g)) {
    switch (token) {
      case '{':
      case '[':
        depth += 1;
        parts.push(token, newLine());
        break;
      case '}':
      case ']':
        depth -= 1;
        // Nothing is inside: its line end goes again.
        if (isOpening(parts.at(-2)) && parts.at(-1)?.startsWith('\n') === true) parts.pop();
        else parts.push(newLine());
        parts.push(token);
        break;
      case ',':
        parts.push(token, newLine());
        break;
      case ':':
        parts.push(': ');
        break;
      default:
        parts.push(token);
    }
  }
  return parts.join('');
}

function isOpening(part: string | undefined): boolean {
  return part === '{' || part === '[';
}

/**
 * The text of a member of the object that a JSON document is, as it stands there: what JSON.parse and JSON.stringify make of
 * long numbers would be other numbers. Null: it has no such member.
 */
export function memberText(document: string, name: string): string | null {
  let depth = 0;
  let start: number | null = null;
  const last = { isValue: false, text: '' };
  for (const { 0: token, index } of document.matchAll(/"(?:[^"\\]|\\.)*"|[^\s",:[\]{}]+|[,:[\]{}]/g)) {
    const isOpening = token === '{' || token === '[';
    const isClosing = token === '}' || token === ']';
    if (isClosing) depth -= 1;
    if (start !== null && depth <= 1 && (token === ',' || (isClosing && depth === 0))) {
      return document.slice(start, index).trim();
    }
    if (depth === 1 && token === ':' && start === null) {
      last.isValue = last.text === JSON.stringify(name);
    } else if (last.isValue && start === null) {
      start = index;
    }
    if (isOpening) depth += 1;
    last.text = token;
  }
  return null;
}

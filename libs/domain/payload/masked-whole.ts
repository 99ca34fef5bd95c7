/**
 * In: a text that somebody wrote. Out: the same with the values of sensitive fields replaced, or nothing when it is no JSON. Holds:
 * what is shown was read whole, as JSON, and so was each string in it that is JSON itself, however deep; a string that is none, and
 * names a sensitive field as a form, a log or XML would, is replaced as a whole. Linear in each level of strings.
 */
import { maskedValue, type SensitiveNames } from './mask.ts';
import { afterSpace, endOfString, endOfValue, nameIn } from './masked-sample.ts';

const shownMask = JSON.stringify(maskedValue);

export function maskedWhole(text: string, names: SensitiveNames): string | null {
  if (!isJson(text)) return null;
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  const replace = (start: number, end: number, by: string) => {
    parts.push(text.slice(from, start), by);
    from = end;
  };
  while (at < text.length) {
    if (text[at] !== '"') {
      at += 1;
      continue;
    }
    const end = endOfString(text, at);
    const colon = afterSpace(text, end);
    const string = nameIn(text.slice(at, end));
    if (text[colon] !== ':') {
      const masked = maskedString(string, names);
      if (masked !== string) replace(at, end, JSON.stringify(masked));
      at = end;
    } else if (names.has(string)) {
      const start = afterSpace(text, colon + 1);
      at = endOfValue(text, start);
      replace(start, at, shownMask);
    } else at = colon + 1;
  }
  return parts.join('') + text.slice(from);
}

function maskedString(text: string, names: SensitiveNames): string {
  const inner = /^\s*[{["]/.test(text) ? maskedWhole(text, names) : null;
  return inner ?? (namesOne(text, names) ? maskedValue : text);
}

/** `name=`, `name:`, `'name':`, `<name>`, `\"name\":`. */
function namesOne(text: string, names: SensitiveNames): boolean {
  const sign = /["'\\\s]*[=:>]/y;
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}_-]+/gu)) {
    sign.lastIndex = index + word.length;
    if (sign.test(text) && names.has(word)) return true;
  }
  return false;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

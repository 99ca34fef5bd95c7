/**
 * In: the beginning of an answer's body as text, and its media type. Out: the same with the values of sensitive fields replaced, in
 * JSON and in forms. Holds: a body that is cut off is masked as far as it goes; a name in escapes is the name that it stands for;
 * what is neither JSON nor a form stays as it is. Linear.
 */
import { maskedValue, type SensitiveNames } from './mask.ts';

const shownMask = JSON.stringify(maskedValue);

export function maskedSample(text: string, contentType: string | undefined, names: SensitiveNames): string {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/x-www-form-urlencoded') return maskedForm(text, names);
  const mayBeJson = /[/+]json$/.test(type) || /^\s{0,100}[{[]/.test(text);
  return mayBeJson ? maskedJson(text, names) : text;
}

function maskedForm(text: string, names: SensitiveNames): string {
  return text
    .split('&')
    .map((pair) => {
      const end = pair.indexOf('=');
      return end >= 0 && names.has(decoded(pair.slice(0, end))) ? `${pair.slice(0, end + 1)}${maskedValue}` : pair;
    })
    .join('&');
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

/** By hand: what is cut off does not parse. */
function maskedJson(text: string, names: SensitiveNames): string {
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    if (text[at] !== '"') {
      at += 1;
      continue;
    }
    const end = endOfString(text, at);
    const colon = afterSpace(text, end);
    if (text[colon] !== ':' || !names.has(nameIn(text.slice(at, end)))) {
      at = end;
      continue;
    }
    const start = afterSpace(text, colon + 1);
    const stop = endOfValue(text, start);
    if (stop > start) parts.push(text.slice(from, start), shownMask);
    from = stop > start ? stop : from;
    at = Math.max(stop, colon + 1);
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from);
}

/** What a string in JSON stands for. */
export function nameIn(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

/** Behind the quote that ends it, or the end of the text. */
export function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
}

/** Behind a value of JSON that begins there. */
export function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (depth === 0 && (char === ',' || char === '}' || char === ']')) return at;
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    at += 1;
    if (depth === 0 && (char === '}' || char === ']')) return at;
  }
  return at;
}

export function afterSpace(text: string, start: number): number {
  let at = start;
  while (/^\s$/.test(text[at] ?? '')) at += 1;
  return at;
}

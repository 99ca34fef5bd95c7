/**
 * Values of a filter as somebody types them, and back. Pure. Numbers, true, false and null stand as they are, and so does text
 * that cannot be taken for one of them; all other text stands in quotes, as in JSON.
 */
import { parseLossless, rawNumberOf } from '../../libs/domain/payload/lossless-json.ts';

/** What begins like this may be JSON. */
const likeJson = /^(?:["\d-]|true$|false$|null$)/;

export function scalarOf(typed: string): unknown {
  const text = typed.trim();
  if (!likeJson.test(text)) return text;
  try {
    return parseLossless(text);
  } catch {
    return text;
  }
}

export function scalarText(value: unknown): string {
  if (typeof value !== 'string') return rawNumberOf(value) ?? JSON.stringify(value);
  return isPlain(value) && scalarOf(value) === value ? value : JSON.stringify(value);
}

/** Where only text makes sense, such as the beginning of one: numbers are text, too. */
export function textOf(typed: string): string {
  const value = typed.trim().startsWith('"') ? scalarOf(typed) : typed.trim();
  return String(value);
}

export function textText(value: string): string {
  return isPlain(value) ? value : JSON.stringify(value);
}

/** Separated by commas; a comma in quotes separates nothing. */
export function itemsOf(typed: string): readonly unknown[] {
  const items: string[] = [];
  const item = /\s*"(?:[^"\\]|\\.)*"\s*(?=,|$)|[^,]*/uy;
  while (item.lastIndex <= typed.length) {
    items.push(item.exec(typed)?.[0] ?? '');
    item.lastIndex = items.reduce((length, one) => length + one.length + 1, 0);
  }
  return items.filter((one) => one.trim() !== '').map(scalarOf);
}

export function itemText(value: unknown): string {
  const text = scalarText(value);
  return typeof value === 'string' && text.includes(',') ? JSON.stringify(value) : text;
}

/** It stays what it is in a field of one line, and nobody takes it for a text in quotes. */
function isPlain(text: string): boolean {
  return text !== '' && !text.startsWith('"') && text.trim() === text && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text);
}

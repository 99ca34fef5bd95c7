/**
 * What PostgreSQL's text and JSON cannot hold, replaced: NUL and lone surrogates become U+FFFD. Rare, so a look for them
 * comes first; it is much cheaper than a callback for each value.
 */
import { JsonText } from '../domain/payload/json-text.ts';

export function storableText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text).toWellFormed();
}

/** The JSON of a value, its strings storable. */
export function storableJson(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  const text = JSON.stringify(value);
  if (!text.includes('\\u0000') && !text.includes('\\ud')) return text;
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'string' ? storableText(part) : part));
}

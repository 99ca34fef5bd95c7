/** application/x-www-form-urlencoded (WHATWG URL, section 5.2), nested members in brackets: `data[items][0]=…`. */
import { rawNumberOf } from './lossless-json.ts';

/** Empty lists and objects, and null, are a name without a value. */
export function formFields(fields: Readonly<Record<string, unknown>>): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(fields)) append(pairs, encode(name), value);
  return pairs.join('&');
}

function append(pairs: string[], name: string, value: unknown): void {
  const text = typeof value === 'object' && value !== null ? rawNumberOf(value) : scalarText(value);
  if (text !== null) {
    pairs.push(`${name}=${encode(text)}`);
    return;
  }
  const members = Object.entries(value as object);
  if (members.length === 0) pairs.push(`${name}=`);
  for (const [key, member] of members) append(pairs, `${name}%5B${encode(key)}%5D`, member);
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

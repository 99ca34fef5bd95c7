/**
 * application/x-www-form-urlencoded (WHATWG URL, section 5.2), nested members in brackets: `data[items][0]=…`.
 * Holds: no two members have the same name. The characters of a member's own name that would look like ours, `[`, `]`
 * and `%`, are written as `%5B`, `%5D` and `%25` before the name is encoded like any other text; half of a surrogate pair,
 * which no text can hold, as `%uD800`.
 */
import { rawNumberOf } from './lossless-json.ts';

/**
 * Every name repeats those above it, so the text may be longer than the JSON by any factor. It ends once it is longer
 * than this, which no record of Kafka holds: whoever asks refuses it for its length.
 */
export const formCharsMax = 2_000_000;

/** Empty lists and objects, and null, are a name without a value. */
export function formFields(fields: Readonly<Record<string, unknown>>): string {
  const form: Form = { pairs: [], chars: 0 };
  for (const [name, value] of Object.entries(fields)) append(form, encode(name), value);
  return form.pairs.join('&');
}

interface Form {
  readonly pairs: string[];
  chars: number;
}

function append(form: Form, name: string, value: unknown): void {
  if (form.chars > formCharsMax) return;
  const text = typeof value === 'object' && value !== null ? rawNumberOf(value) : scalarText(value);
  if (text !== null) {
    push(form, `${name}=${encode(text)}`);
    return;
  }
  const members = Object.entries(value as object);
  if (members.length === 0) push(form, `${name}=`);
  for (const [key, member] of members) append(form, `${name}%5B${encode(ownName(key))}%5D`, member);
}

function push(form: Form, pair: string): void {
  form.pairs.push(pair);
  form.chars += pair.length + 1;
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
}

function ownName(key: string): string {
  const name = /[[\]%]/.test(key) ? key.replaceAll('%', '%25').replaceAll('[', '%5B').replaceAll(']', '%5D') : key;
  if (name.isWellFormed()) return name;
  return name.replace(/\p{Surrogate}/gu, (half) => `%u${half.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

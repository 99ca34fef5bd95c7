/**
 * XML 1.0 from JSON values: an object's members are elements, a list's items are `<item>` elements, null is an empty
 * element with `null="true"`. A member whose name is no XML name is `<entry name="…">`.
 */
import { rawNumberOf } from './lossless-json.ts';

/** Names that need no escape and cannot be reserved (`xml…`) or prefixed (`a:b`). */
const plainName = /^(?![xX][mM][lL])[A-Za-z_][A-Za-z0-9_.-]{0,199}$/;

/** A document up to where more members of its root can follow. The root's name must be plain. */
export function xmlOpening(rootName: string, fields: Readonly<Record<string, unknown>>): string {
  const parts = [`<?xml version="1.0" encoding="UTF-8"?>\n<${rootName}>`];
  appendContent(parts, fields);
  return parts.join('');
}

/** The last members of the root, and its end. */
export function xmlClosing(rootName: string, fields: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  appendContent(parts, fields);
  parts.push(`</${rootName}>`);
  return parts.join('');
}

function append(parts: string[], name: string, value: unknown): void {
  const isPlain = plainName.test(name);
  const open = isPlain ? name : `entry name="${escape(name)}"`;
  const close = isPlain ? name : 'entry';
  if (value === null) {
    parts.push(`<${open} null="true"/>`);
    return;
  }
  parts.push(`<${open}>`);
  appendContent(parts, value);
  parts.push(`</${close}>`);
}

function appendContent(parts: string[], value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    parts.push(escape(String(value)));
    return;
  }
  const number = rawNumberOf(value);
  if (number !== null) parts.push(number);
  else if (Array.isArray(value)) for (const item of value) append(parts, 'item', item);
  else for (const [key, member] of Object.entries(value)) append(parts, key, member);
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Written as references, or a parser would make them blanks.
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Characters that XML 1.0 (section 2.2) does not have become U+FFFD. */
function escape(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex -- control characters are what XML does not have
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"\r\n\t]/g, (character) => escapes[character] ?? character)
  );
}

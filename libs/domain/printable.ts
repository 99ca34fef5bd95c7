/** Text of strangers for a terminal. Pure. */

/** Control characters but the tab, and marks that turn the direction of writing. */
const orders = /(?!\t)[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** They would be orders to the terminal (ECMA-48); they are shown instead. */
export function printable(text: string): string {
  return text.replaceAll(orders, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Rows under a head, columns as wide as what is in them. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Names and values one below the other; what is null is left out. */
export function fieldLines(fields: Readonly<Record<string, string | number | null>>): readonly string[] {
  const shown = Object.entries(fields).filter(([, value]) => value !== null);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`);
}

/** Several lines of one text, indented. */
export function textLines(text: string, indent: string): readonly string[] {
  return text.split('\n').map((line) => `${indent}${line}`);
}

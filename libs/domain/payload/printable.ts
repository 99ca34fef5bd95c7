/** Text of strangers for a terminal. Pure. */

/** Control characters but the tab, and marks that turn the direction of writing. */
const orders = /(?!\t)[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** They would be orders to the terminal (ECMA-48); they are shown instead. */
export function printable(text: string): string {
  return text.replaceAll(orders, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Rows under a head, columns as wide as what is in them. @param width of the terminal: longer cells end in `…`, those of the
 * first column, which is the name of a row, last; null: any
 */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | null = null,
): readonly string[] {
  const all = [head, ...rows].map((row) => row.map(printable));
  const wanted = head.map((_, column) => all.reduce((most, row) => Math.max(most, (row[column] ?? '').length), 0));
  const widths = width === null ? wanted : fitting(wanted, width);
  return all.map((row) =>
    row
      .map((cell, column) => cut(cell, widths[column] ?? 0).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const cellMin = 8;

/** Takes from the widest columns first, and from the first column when the others are narrow. */
function fitting(wanted: readonly number[], width: number): readonly number[] {
  const widths = [...wanted];
  let over = widths.reduce((sum, one) => sum + one + 2, -2) - width;
  for (const columns of [widths.map((_, at) => at).slice(1), [0]]) {
    while (over > 0) {
      const widest = columns.reduce(
        (best, at) => ((widths[at] ?? 0) > (widths[best] ?? 0) ? at : best),
        columns[0] ?? 0,
      );
      if ((widths[widest] ?? 0) <= cellMin) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
      over -= 1;
    }
  }
  return widths;
}

function cut(cell: string, width: number): string {
  return cell.length <= width ? cell : `${cell.slice(0, Math.max(0, width - 1))}…`;
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

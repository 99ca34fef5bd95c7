/**
 * What is wrong with a text that should be JSON, in words for whoever produces it. In: the text. Out: where it breaks, and the likely
 * cause. Holds: none of the text is repeated.
 */
import { jsonErrorAt, placeIn } from './json-error.ts';

const causes: readonly { readonly at: RegExp; readonly before?: RegExp; readonly cause: string }[] = [
  { at: /^-?(?:NaN|Infinity|inf\b|nan\b)/, cause: 'NaN and Infinity are not JSON: write null or text' },
  { at: /^(?:True|False|None)\b/, cause: 'looks like Python: use json.dumps' },
  { at: /^'/, cause: 'looks like Python or JavaScript: JSON has double quotes' },
  { at: /^\/[/*]/, cause: 'JSON has no comments' },
  { at: /^[}\]]/, before: /,\s*$/, cause: 'JSON has no comma behind the last item' },
  { at: /^[A-Za-z_$]/, before: /[{,]\s*$/, cause: 'JSON has its names in double quotes' },
  { at: /^\d/, before: /(?:^|[^\d.])0$/, cause: 'numbers begin with no zero' },
];
const several = 'several JSON texts in one record: produce each event as a record of its own';
/** So many characters before the place are looked at. */
const beforeMax = 64;

/** Such as ` (line 1, column 14: …)`; empty when the text does not begin as JSON does. */
export function brokenJsonHint(text: string): string {
  if (!/^\s*[{[]/.test(text)) return '';
  const at = jsonErrorAt(text);
  if (at === null) return '';
  if (at >= text.length) return ' (it ends too early)';
  return ` (${[placeIn(text, at), causeAt(text, at)].filter((part) => part !== null).join(': ')})`;
}

function causeAt(text: string, at: number): string | null {
  const rest = text.slice(at, at + 16);
  const before = text.slice(Math.max(0, at - beforeMax), at);
  if (/^[{[]/.test(rest) && /[}\]]\s*$/.test(before)) return several;
  const fits = (one: (typeof causes)[number]) => one.at.test(rest) && (one.before?.test(before) ?? true);
  return causes.find(fits)?.cause ?? null;
}

/** JSON values compared by what they are: objects by their members in any order. */
import { rawNumberOf } from './lossless-json.ts';

/** A text that two JSON values share exactly when they are equal; it takes time in proportion to the value. */
export function textOfValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  // A number may be infinite, which JSON would write as null.
  if (typeof value !== 'object' || value === null) return `${value as number}`;
  const exact = rawNumberOf(value);
  if (exact !== null) return exact;
  if (Array.isArray(value)) return `[${value.map(textOfValue).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(members).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${textOfValue(members[key])}`).join(',')}}`;
}

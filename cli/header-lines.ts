/** Headers as people have them at hand. Pure. */
import { CliFailure } from './failure.ts';

/**
 * Lower-case names to values, from texts that are each a JSON object, or lines `Name: value` as in a message or in what
 * curl shows (`< Name: value`). Lines without a colon, such as a status line, say nothing.
 * @throws CliFailure usage
 */
export function headersIn(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.flatMap((text) =>
      text.trimStart().startsWith('{') ? objectEntries(text) : text.split(/\r?\n/).flatMap(lineEntry),
    ),
  );
}

function objectEntries(text: string): readonly (readonly [string, string])[] {
  try {
    const values = JSON.parse(text) as Record<string, unknown>;
    return Object.entries(values).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : String(value),
    ]);
  } catch {
    throw new CliFailure('usage', 'The headers begin with { but are not JSON.');
  }
}

function lineEntry(line: string): readonly (readonly [string, string])[] {
  const bare = line.replace(/^[<>*\s]+/, '');
  const colon = bare.indexOf(':');
  const name = bare.slice(0, Math.max(colon, 0));
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(name) ? [[name.toLowerCase(), bare.slice(colon + 1).trim()]] : [];
}

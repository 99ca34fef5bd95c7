/**
 * Headers as they were pasted, however the tool writes them down that they come from. Pure. Of several headers of one name
 * the last one counts, since that is what most receivers hand out.
 */

/** Names in lower case. @param text lines of `name: value`, with or without the request line, or JSON */
export function pastedHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    (jsonHeaders(text) ?? lineHeaders(text)).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

type Header = readonly [name: string, value: string];

/** An object of names, or a list of pairs as some frameworks keep them; null: it is no JSON of headers. */
function jsonHeaders(text: string): readonly Header[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const entries: readonly unknown[] = Array.isArray(parsed) ? parsed : Object.entries(parsed);
  return entries.flatMap((entry) => {
    if (!Array.isArray(entry)) return [];
    const [name, value] = entry as readonly unknown[];
    const last = Array.isArray(value) ? (value as readonly unknown[]).at(-1) : value;
    return typeof name === 'string' && typeof last === 'string' ? [[name, last.trim()] as const] : [];
  });
}

/** `name: value`, `name=value`, `-H 'name: value'`, and quotes around either. */
function lineHeaders(text: string): readonly Header[] {
  return text.split(/\r\n|\r|\n/).flatMap((line) => {
    const bare = withoutContinuation(line.trim().replace(/^(?:-H|--header)\s+/, ''));
    const within = /^'([^']*)'$|^"([^"]*)"$/.exec(bare);
    const header = within?.[1] ?? within?.[2] ?? bare;
    const end = header.search(/[:=]/);
    const [, name] = /^["']?([!#$%&*+.^_`|~\w-]+)["']?$/.exec(header.slice(0, Math.max(end, 0)).trimEnd()) ?? [];
    return name === undefined ? [] : [[name, unquoted(header.slice(end + 1))] as const];
  });
}

/** A shell goes on in the next line behind a backslash. */
function withoutContinuation(line: string): string {
  return line.endsWith('\\') ? line.slice(0, -1).trimEnd() : line;
}

function unquoted(value: string): string {
  const bare = value.trim().replace(/,$/, '');
  const [, within] = /^"([^"]*)"$|^'[^']*'$/.exec(bare) ?? [];
  return within ?? bare.replace(/^'([^']*)'$/, '$1');
}

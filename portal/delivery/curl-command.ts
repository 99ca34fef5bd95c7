/**
 * The request of an attempt as a command for a POSIX shell. Every value is in single quotes, within which a shell reads
 * nothing; what ends them is written outside. Secrets are variables: they are in no history of a shell. Pure.
 */

export interface CurlRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** As it is shown in place of what is secret. */
const masked = '********';
/** curl makes these itself, or they belong to the connection. */
const leftOut = new Set(['content-length', 'host', 'connection', 'transfer-encoding', 'accept-encoding']);

export function curlCommand({ url, headers, body }: CurlRequest): string {
  const lines = [`curl --request POST ${quoted(url)}`, '--globoff'];
  for (const [name, value] of Object.entries(headers)) {
    if (leftOut.has(name.toLowerCase())) continue;
    if (value === masked) lines.push(`--header ${quoted(`${name}: `)}"$${variableOf(name)}"`);
    // A semicolon is how curl is told of a header without a value.
    else lines.push(`--header ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  // Unlike --data-binary it takes an @ in front for what it is.
  lines.push(`--data-raw ${quoted(body)}`);
  return lines.join(' \\\n  ');
}

/** A single quote ends the quotes, is written itself, and begins them anew. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A shell reads `$9_X` as its ninth argument. */
function variableOf(header: string): string {
  const name = header.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}

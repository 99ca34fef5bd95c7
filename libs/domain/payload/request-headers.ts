/**
 * The headers that a client may add to its deliveries, and what is shown of headers to whoever reads the history.
 * Pure, and for browsers too: the portal checks what is typed with the same rules.
 * Holds: no added header can change how the request is framed, routed, signed or understood.
 */

export type HeaderRule = 'name' | 'forbidden' | 'value' | 'size' | 'count' | 'duplicate';

export interface HeaderRefusal {
  readonly rule: HeaderRule;
  /** A sentence for whoever wrote the header. */
  readonly message: string;
}

export interface NamedHeaderRefusal extends HeaderRefusal {
  readonly name: string;
}

/** What a delivery accepts, unless its client adds an `Accept` of its own. */
export const acceptAll = '*/*';

/** What a value that must not be read is shown as. */
export const maskedValue = '********';

const headersMax = 32;
const headersCharsMax = 8192;

const forbiddenNames = new Set([
  // Framing and routing, which the connection decides (RFC 9110, sections 7.2 and 7.6; RFC 9112, section 6).
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
  // What the body is, which its format decides.
  'content-type',
  'content-encoding',
  // What every delivery says of itself.
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
]);

const forbiddenPrefix = 'x-deeperhub-';

/** A token (RFC 9110, section 5.6.2). */
const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Printable Latin-1: no CR, no LF, no other control character, nothing that a byte cannot hold. */
const valuePattern = /^[\x20-\x7e\xa0-\xff]*$/;

/** Why a client may not add a header of this name; null when it may. `signatureHeader`: SIGNATURE_HEADER. */
export function checkHeaderName(name: string, signatureHeader: string): HeaderRefusal | null {
  if (!namePattern.test(name)) return { rule: 'name', message: 'This is not a header name.' };
  const lower = name.toLowerCase();
  if (forbiddenNames.has(lower) || lower.startsWith(forbiddenPrefix) || lower === signatureHeader.toLowerCase()) {
    return { rule: 'forbidden', message: `${name} is set by the delivery itself.` };
  }
  return null;
}

export function checkHeaderValue(value: string): HeaderRefusal | null {
  return valuePattern.test(value)
    ? null
    : { rule: 'value', message: 'A header value is printable Latin-1 in one line.' };
}

/** All that is wrong with the headers a client wants to add; empty when nothing is. */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  signatureHeader: string,
): readonly NamedHeaderRefusal[] {
  const refusals: NamedHeaderRefusal[] = [];
  const seen = new Set<string>();
  let chars = 0;
  for (const [name, value] of Object.entries(headers)) {
    const refusal = checkHeaderName(name, signatureHeader) ?? checkHeaderValue(value);
    if (refusal !== null) refusals.push({ name, ...refusal });
    if (seen.has(name.toLowerCase())) {
      refusals.push({ name, rule: 'duplicate', message: `${name} is there twice: case does not count.` });
    }
    seen.add(name.toLowerCase());
    chars += name.length + value.length;
  }
  if (seen.size > headersMax) {
    refusals.push({ name: '', rule: 'count', message: `There are at most ${headersMax} headers.` });
  }
  if (chars > headersCharsMax) {
    refusals.push({ name: '', rule: 'size', message: `Headers have at most ${headersCharsMax} characters in all.` });
  }
  return refusals;
}

/** Parts of names that hold credentials. Matched between separators, so that `x-author` is none. */
const credentialWords = new Set(
  'auth authorization authorisation cookie credential credentials jwt key otp passwd password passphrase pin pwd secret session sid token'.split(
    ' ',
  ),
);
/** Words that credentials end in where a name has no separators, such as `xApiKey` and `accesstoken`. */
const credentialEnding = /(apikey|token|secret|password|cookie|authorization)$/;
/** Names that the words above would catch and that hold none. */
const openNames = new Set(['idempotency-key', 'x-idempotency-key', 'sec-websocket-key']);

const decided = new Map<string, boolean>();
const decidedMax = 2000;
const decidedCharsMax = 100;

/** True for a header of an answer whose value is never shown: `Set-Cookie`, `X-Api-Key` and what looks like them. */
export function isCredentialHeader(name: string): boolean {
  const known = decided.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const holds =
    !openNames.has(lower) &&
    (lower.split(/[^a-z0-9]+/).some((word) => credentialWords.has(word)) || credentialEnding.test(lower));
  // Endpoints choose the names of what they answer, so what is remembered must be bounded.
  if (name.length > decidedCharsMax) return holds;
  if (decided.size >= decidedMax) decided.clear();
  decided.set(name, holds);
  return holds;
}

/** Headers that a client added, every value replaced: no name tells what is secret. Names in lower case, as they are kept. */
export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const name of Object.keys(headers)) shown[name.toLowerCase()] = maskedValue;
  return shown;
}

/**
 * The headers of an attempt as the history shows them: the values that the delivery itself sets, nothing else. Attempts
 * that were recorded before added values were masked in general are masked here.
 * @param traceparent that the attempt was sent with
 */
export function shownRequestHeaders(
  headers: Readonly<Record<string, string>>,
  { signatureHeader, traceparent }: { readonly signatureHeader: string; readonly traceparent: string | null },
): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const isOurs = name === 'traceparent' ? value === traceparent : isOwnHeader(name, signatureHeader);
    shown[name] = isOurs || (name === 'accept' && value === acceptAll) ? value : maskedValue;
  }
  return shown;
}

function isOwnHeader(name: string, signatureHeader: string): boolean {
  return checkHeaderName(name, signatureHeader)?.rule === 'forbidden';
}

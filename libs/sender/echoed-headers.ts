/** What an endpoint answers, without the values of the headers that its client added to the delivery. */
import type { AttemptResult } from '../domain/delivery/attempt.ts';
import { maskedValue } from '../domain/payload/request-headers.ts';

/** Shorter ones would take half of an answer with them. */
const echoedCharsMin = 4;
/** Added as `Accept`, and answered as what the body is: no secret, and worth knowing (RFC 9110, section 8.3.1). */
const mediaType = /^[a-z*]+\/[\w.+*-]+$/i;

/**
 * An answer without the values of added headers: endpoints that show what they got, as error pages do, would tell them to whoever
 * reads the history. In the sample their place is filled, so that it stays as long as it was; it is changed in place. What an endpoint
 * encodes otherwise is not found.
 */
export function withoutEchoes<Result extends AttemptResult>(
  result: Result,
  added: Readonly<Record<string, string>>,
): Result {
  if (result.kind !== 'answer') return result;
  // The longest first: one that begins another would leave the rest of that.
  const values = Object.values(added)
    .filter(isHidden)
    .sort((one, other) => other.length - one.length);
  if (values.length === 0) return result;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(result.headers)) {
    headers[name] = values.reduce((shown, hidden) => shown.replaceAll(hidden, () => maskedValue), value);
  }
  for (const value of values) {
    // As it was sent (RFC 9110, section 5.5), and as a page in UTF-8 shows it.
    for (const bytes of [Buffer.from(value, 'latin1'), Buffer.from(value)]) fill(result.bodySample, bytes);
  }
  return { ...result, headers };
}

function isHidden(value: string): boolean {
  return value.length >= echoedCharsMin && !mediaType.test(value);
}

function fill(sample: Buffer, hidden: Buffer): void {
  for (let at = sample.indexOf(hidden); at !== -1; at = sample.indexOf(hidden, at + hidden.length)) {
    sample.fill('*', at, at + hidden.length);
  }
}

/**
 * W3C Trace Context: the `traceparent` that a producer put on its event, as far as it is carried along.
 * Holds: what does not follow the recommendation counts as none, and is never an error; what is carried is of version 00.
 */

const form = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]*)?$/;
/** The longest that is looked at: versions to come may append fields, but who sends more sends something else. */
const lengthMax = 512;
/** Sampled, and random (level 2): all others are to be sent on as zero (section 3.2.2.5). */
const knownFlags = 0b11;

/**
 * What is carried of a `traceparent`; null when it is none. Trace Context, sections 3.2.2 (the form) and 4 (of a later
 * version, ids and flags are taken, and sent on as version 00).
 */
export function carriedTraceparent(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > lengthMax) return null;
  const [, version, ids, flags = '', more] = form.exec(text) ?? [];
  if (ids === undefined || (version === '00' && more !== undefined)) return null;
  return `00-${ids}-0${Number.parseInt(flags, 16) & knownFlags}`;
}

/** The 32 hexadecimal digits under which every tool shows the trace. @param traceparent a {@link carriedTraceparent} */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** True when whoever began the trace keeps it. @param traceparent a {@link carriedTraceparent} */
export function isSampled(traceparent: string): boolean {
  return traceparent.endsWith('1') || traceparent.endsWith('3');
}

const none: readonly string[] = [];

/** Trace ids of what is sampled, each once, at most `max`: a line about many things is found by them. */
export function sampledTraceIds(
  carriers: Iterable<{ readonly traceparent: string | null }>,
  max: number,
): readonly string[] {
  let found: Set<string> | null = null;
  for (const { traceparent } of carriers) {
    if (traceparent === null || !isSampled(traceparent)) continue;
    found ??= new Set();
    found.add(traceIdOf(traceparent));
    if (found.size >= max) break;
  }
  return found === null ? none : [...found];
}

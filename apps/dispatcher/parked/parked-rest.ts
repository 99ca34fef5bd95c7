/**
 * Which records of one parked webhook, behind its first open one, are open too: a `parallel` webhook completes out of order, and
 * what is complete behind a record that takes its time is not to be sent again after a kill. Pure.
 * Holds: every record of the webhook from the first open one up to `end` that is not listed is complete.
 */

export interface OpenRest {
  /** Behind the first open record, ascending. */
  readonly open: readonly number[];
  /** Nothing is said of records from this offset on. */
  readonly end: number;
}

/** The same while it is worked with: the first open record is among them. */
export interface KnownRest {
  readonly open: Set<number>;
  readonly end: number;
}

export function knownRest(offsets: Iterable<number>, end: number): KnownRest {
  return { open: new Set([...offsets].filter((offset) => offset < end)), end };
}

/** True when it is known that this record needs nothing more. */
export function isComplete(rest: KnownRest | null, offset: number): boolean {
  return rest !== null && offset < rest.end && !rest.open.has(offset);
}

/** Ascending: what is taken and not complete, and what is known to be open from `next` on. */
export function openFrom(rest: KnownRest | null, next: number, taken: ReadonlySet<number>): readonly number[] {
  const untaken = [...(rest?.open ?? [])].filter((offset) => offset >= next);
  return [...new Set([...taken, ...untaken])].sort((a, b) => a - b);
}

/** Of one webhook: what a commit can hold is shared by all. */
const openMax = 64;

/** @param offsets open ones, ascending, the first among them  @param end every open record below it is listed */
export function openRest(offsets: readonly number[], end: number): OpenRest | null {
  const [first, ...open] = offsets;
  if (first === undefined) return null;
  const rest = open.length > openMax ? { open: open.slice(0, openMax), end: open[openMax] ?? end } : { open, end };
  return rest.end > first + 1 + rest.open.length ? rest : null;
}

/** Offsets relative to the first open record, base 36, the end last. */
export function encodeRest({ open, end }: OpenRest, first: number): string {
  return [...open, end].map((offset) => (offset - first).toString(36)).join(',');
}

/** Null for what is not a list of growing numbers: nothing is said of these records. */
export function decodeRest(text: string, first: number): OpenRest | null {
  const offsets = text.split(',').map((item) => first + parseInt(item, 36));
  const isGrowing = offsets.every((offset, index) => offset > (offsets[index - 1] ?? first));
  const end = offsets.pop();
  return isGrowing && end !== undefined ? { open: offsets, end } : null;
}

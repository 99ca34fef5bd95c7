/**
 * What the commit of a parked partition remembers beside its offset, in at most 4,000 characters (Kafka's default
 * offset.metadata.max.bytes is 4,096): up to where the log is known, and for each parked webhook the first offset
 * that is not complete. Numbers are base 36, offsets relative to the commit.
 *
 * `2|<known end>|<w or p>|<commit>|<hash>.<offset>[.<attempt>.<not before>]|…`: with `w` every parked webhook is
 * listed, with `p` only a part.
 */

const version = '2';
export const metadataCharactersMax = 4_000;

/** The first record is a copy of one that was delivered, or given up, meanwhile: it is passed over. */
export const settledHead = -1;

export interface ParkedCursor {
  /** 11 characters, base64url: 64 bits of the SHA-256 of the webhook id. */
  readonly hash: string;
  /** The webhook's first offset that is not complete. */
  readonly offset: number;
  /** Attempts that the record at `offset` has behind it; 0 when none, {@link settledHead} when it needs no more. */
  readonly attempt: number;
  /** Unix milliseconds before which it is not tried again; 0 when at once. */
  readonly notBefore: number;
}

export interface ParkedState {
  readonly knownEnd: number;
  readonly isWhole: boolean;
  readonly cursors: readonly ParkedCursor[];
}

/** @param state.base the committed offset */
export function encodeParkedState(state: { knownEnd: number; base: number; cursors: readonly ParkedCursor[] }): string {
  const items: string[] = [];
  let length = 40;
  for (const cursor of state.cursors) {
    const item = encodeCursor(cursor, state.base);
    length += item.length + 1;
    if (length > metadataCharactersMax) break;
    items.push(item);
  }
  const coverage = items.length === state.cursors.length ? 'w' : 'p';
  return [version, state.knownEnd.toString(36), coverage, state.base.toString(36), ...items].join('|');
}

/** Null for what is not such a state: the caller reads from the committed offset on. */
export function decodeParkedState(metadata: string): ParkedState | null {
  const [found, knownEnd, coverage, base, ...items] = metadata.split('|');
  if (found !== version || knownEnd === undefined || base === undefined) return null;
  const cursors = items.map((item) => decodeCursor(item, parseInt(base, 36)));
  return { knownEnd: parseInt(knownEnd, 36), isWhole: coverage === 'w', cursors };
}

function encodeCursor(cursor: ParkedCursor, base: number): string {
  const place = `${cursor.hash}.${(cursor.offset - base).toString(36)}`;
  if (cursor.attempt === 0) return place;
  return `${place}.${cursor.attempt.toString(36)}.${cursor.notBefore.toString(36)}`;
}

function decodeCursor(item: string, base: number): ParkedCursor {
  const [hash = '', offset = '0', attempt = '0', notBefore = '0'] = item.split('.');
  return {
    hash,
    offset: base + parseInt(offset, 36),
    attempt: parseInt(attempt, 36),
    notBefore: parseInt(notBefore, 36),
  };
}

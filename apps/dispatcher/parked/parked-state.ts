/**
 * What the commit of a parked partition remembers beside its offset, in at most 4,000 characters (Kafka's default
 * offset.metadata.max.bytes is 4,096): up to where the log is known, and for each parked webhook the first offset
 * that is not complete. Numbers are base 36, offsets relative to the commit.
 *
 * `2|<known end>|w|<commit>|<hash>.<offset>[.<attempt>.<not before>[.<open>,…,<end>]]|…` lists every parked webhook, and as far as
 * there is room which of its later records are open (parked-rest.ts). Where they are too
 * many, `3|<known end>|<commit>|<floors>|…` has a floor for each (parked-watermarks.ts) and lists of those whose first record has a
 * history of its own as many as fit.
 */
import { ParkedWatermarks } from './parked-watermarks.ts';
import { decodeRest, encodeRest, type OpenRest } from './parked-rest.ts';

const listVersion = '2';
const floorsVersion = '3';
export const metadataCharactersMax = 4_000;
/** Version, offsets and what stands between them. */
const frameCharacters = 40;
/** A hash, an offset of one digit and what stands between them: no more than so many fit. */
const listedMax = Math.floor((metadataCharactersMax - frameCharacters) / 14);
/** Of them, for webhooks that are listed beside the floors. */
const headCharactersMax = 600;

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
  /** Null, left out: nothing is known of the records behind the first. */
  readonly rest?: OpenRest | null;
}

export interface ParkedState {
  readonly knownEnd: number;
  /** Of the parked webhooks that are not listed; null: there are none. */
  readonly floors: ParkedWatermarks | null;
  readonly cursors: readonly ParkedCursor[];
}

/** @param state.base the committed offset */
export function encodeParkedState(state: { knownEnd: number; base: number; cursors: readonly ParkedCursor[] }): string {
  const { knownEnd, base, cursors } = state;
  const list = cursors.length <= listedMax ? fitting(cursors, base, metadataCharactersMax) : null;
  if (list?.length === cursors.length) {
    return [listVersion, knownEnd.toString(36), 'w', base.toString(36), ...withRests(list, cursors)].join('|');
  }
  const listed = fitting(
    cursors.filter(({ attempt }) => attempt !== 0),
    base,
    headCharactersMax,
  );
  const floors = ParkedWatermarks.encode(cursors, { base, end: knownEnd }, metadataCharactersMax - headCharactersMax);
  return [floorsVersion, knownEnd.toString(36), base.toString(36), floors, ...listed].join('|');
}

function fitting(cursors: readonly ParkedCursor[], base: number, charactersMax: number): string[] {
  const items: string[] = [];
  let length = frameCharacters;
  for (const cursor of cursors) {
    const item = encodeCursor(cursor, base);
    length += item.length + 1;
    if (length > charactersMax) break;
    items.push(item);
  }
  return items;
}

/** Adds what is known of later records, for as many as there is room for. */
function withRests(list: readonly string[], cursors: readonly ParkedCursor[]): readonly string[] {
  let room = metadataCharactersMax - frameCharacters - list.reduce((sum, item) => sum + item.length + 1, 0);
  return list.map((item, index) => {
    const cursor = cursors[index];
    if (cursor?.rest === undefined || cursor.rest === null) return item;
    const history = cursor.attempt === 0 ? '.0.0' : '';
    const whole = `${item}${history}.${encodeRest(cursor.rest, cursor.offset)}`;
    if (whole.length - item.length > room) return item;
    room -= whole.length - item.length;
    return whole;
  });
}

/** Null for what is not such a state: the caller reads from the committed offset on. */
export function decodeParkedState(metadata: string): ParkedState | null {
  const [version, end = '', ...rest] = metadata.split('|');
  const knownEnd = parseInt(end, 36);
  if (version === listVersion && rest[0] === 'w') {
    const [, base = '', ...items] = rest;
    return { knownEnd, floors: null, cursors: decodeCursors(items, base) };
  }
  if (version !== floorsVersion) return null;
  const [base = '', text = '', ...items] = rest;
  const floors = ParkedWatermarks.decode(text, { base: parseInt(base, 36), end: knownEnd });
  return floors === null ? null : { knownEnd, floors, cursors: decodeCursors(items, base) };
}

function decodeCursors(items: readonly string[], base: string): readonly ParkedCursor[] {
  return items.map((item) => decodeCursor(item, parseInt(base, 36)));
}

function encodeCursor(cursor: ParkedCursor, base: number): string {
  const place = `${cursor.hash}.${(cursor.offset - base).toString(36)}`;
  if (cursor.attempt === 0) return place;
  return `${place}.${cursor.attempt.toString(36)}.${cursor.notBefore.toString(36)}`;
}

function decodeCursor(item: string, base: number): ParkedCursor {
  const [hash = '', place = '0', attempt = '0', notBefore = '0', rest] = item.split('.');
  const offset = base + parseInt(place, 36);
  return {
    hash,
    offset,
    attempt: parseInt(attempt, 36),
    notBefore: parseInt(notBefore, 36),
    ...(rest === undefined ? {} : { rest: decodeRest(rest, offset) }),
  };
}

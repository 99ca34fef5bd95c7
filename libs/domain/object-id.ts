/** Ids of what people make: a prefix that says what it names, 48 bits of time so that they sort, 80 random bits. */

export type ObjectKind =
  'client' | 'key' | 'portalSession' | 'webhook' | 'secret' | 'event' | 'round' | 'replay' | 'erasure' | 'rejected';

const prefixes: Readonly<Record<ObjectKind, string>> = {
  client: 'cl_',
  key: 'key_',
  portalSession: 'ps_',
  webhook: 'wh_',
  secret: 'sec_',
  event: 'evt_',
  round: 'rs_',
  replay: 'rp_',
  erasure: 'er_',
  rejected: 're_',
};

/** @param timeMs Unix milliseconds  @param random 10 bytes or more */
export function objectId(kind: ObjectKind, timeMs: number, random: Buffer): string {
  return prefixes[kind] + timeMs.toString(16).padStart(12, '0') + random.toString('hex', 0, 10);
}

/** By its prefix alone: nothing else begins so. */
export function isObjectId(kind: ObjectKind, text: string): boolean {
  return text.startsWith(prefixes[kind]);
}

/** Unix milliseconds; null for what is no id of this kind. */
export function timeOfObjectId(kind: ObjectKind, text: string): number | null {
  const prefix = prefixes[kind];
  const isOne = text.startsWith(prefix) && /^[0-9a-f]{32}$/.test(text.slice(prefix.length));
  return isOne ? parseInt(text.slice(prefix.length, prefix.length + 12), 16) : null;
}

/** No id of this kind of that time or later comes before it. */
export function firstObjectIdAt(kind: ObjectKind, timeMs: number): string {
  return prefixes[kind] + Math.max(timeMs, 0).toString(16).padStart(12, '0');
}

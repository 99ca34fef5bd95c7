/** Ids of what people make: a prefix that says what it names, 48 bits of time so that they sort, 80 random bits. */

export type ObjectKind =
  'client' | 'key' | 'portalSession' | 'webhook' | 'secret' | 'event' | 'round' | 'replay' | 'erasure';

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
};

/** @param timeMs Unix milliseconds  @param random 10 bytes or more */
export function objectId(kind: ObjectKind, timeMs: number, random: Buffer): string {
  return prefixes[kind] + timeMs.toString(16).padStart(12, '0') + random.toString('hex', 0, 10);
}

/** By its prefix alone: nothing else begins so. */
export function isObjectId(kind: ObjectKind, text: string): boolean {
  return text.startsWith(prefixes[kind]);
}

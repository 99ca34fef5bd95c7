/**
 * Where a stream of a topic stands: the next offset of each partition, as the id of a server-sent event. Whoever sends
 * it back gets what follows, whichever process it asks.
 */

/** The next offset by partition. */
export type StreamPosition = ReadonlyMap<number, number>;

/**
 * Stands for a partition in the text of an id: its "offset" is a time, up to which all of the stream was passed on. No topic has
 * so many partitions, and processes that know nothing of it take it for one that brings nothing.
 */
const timeKey = parseInt('zzzzzz', 36);

/** Such as `0-1a.1-3f`: partition and offset, base 36. @param toldUntil Unix milliseconds; null: not known */
export function streamPositionText(position: StreamPosition, toldUntil: number | null = null): string {
  const entries = [...position].filter(([partition]) => partition !== timeKey);
  if (toldUntil !== null) entries.push([timeKey, Math.max(0, Math.floor(toldUntil))]);
  return entries
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => `${partition.toString(36)}-${offset.toString(36)}`)
    .join('.');
}

/** Null when the text is none of ours. */
export function streamPositionOf(text: string): StreamPosition | null {
  const found = parse(text);
  found?.delete(timeKey);
  return found === null || found.size === 0 ? null : found;
}

/** Unix milliseconds up to which all was passed on; null when the text does not say. */
export function toldUntilOf(text: string): number | null {
  const found = parse(text);
  const toldUntil = found?.get(timeKey);
  if (toldUntil !== undefined) return toldUntil;
  // Before the very beginning there was nothing to pass on.
  return found !== null && [...found.values()].every((offset) => offset === 0) ? 0 : null;
}

function parse(text: string): Map<number, number> | null {
  if (text.length > 8_000 || !/^[0-9a-z]{1,6}-[0-9a-z]{1,11}(\.[0-9a-z]{1,6}-[0-9a-z]{1,11})*$/.test(text)) return null;
  const pairs = text.split('.').map((pair) => pair.split('-').map((digits) => parseInt(digits, 36)));
  const position = new Map(pairs.map(([partition = 0, offset = 0]) => [partition, offset]));
  const isSafe = [...position.values()].every(Number.isSafeInteger);
  return isSafe && position.size === pairs.length ? position : null;
}

/**
 * The last `most` records before `live`, of those that `from` has still to get: of each partition the same part. The same map when
 * nothing is left out.
 */
export function withinReach(from: StreamPosition, live: StreamPosition, most: number): StreamPosition {
  const missing = (partition: number, next: number) => Math.max(0, (live.get(partition) ?? 0) - next);
  const all = [...from].reduce((sum, [partition, next]) => sum + missing(partition, next), 0);
  if (all <= most) return from;
  return new Map(
    [...from].map(([partition, next]) => {
      const behind = missing(partition, next);
      return [partition, next + behind - Math.floor((behind * most) / all)];
    }),
  );
}

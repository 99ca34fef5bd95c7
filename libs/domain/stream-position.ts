/**
 * Where a stream of a topic stands: the next offset of each partition, as the id of a server-sent event. Whoever sends
 * it back gets what follows, whichever process it asks.
 */

/** The next offset by partition. */
export type StreamPosition = ReadonlyMap<number, number>;

/** Such as `0-1a.1-3f`: partition and offset, base 36. */
export function streamPositionText(position: StreamPosition): string {
  return [...position]
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => `${partition.toString(36)}-${offset.toString(36)}`)
    .join('.');
}

/** Null when the text is none of ours. */
export function streamPositionOf(text: string): StreamPosition | null {
  if (text.length > 8_000 || !/^[0-9a-z]{1,6}-[0-9a-z]{1,11}(\.[0-9a-z]{1,6}-[0-9a-z]{1,11})*$/.test(text)) return null;
  const pairs = text.split('.').map((pair) => pair.split('-').map((digits) => parseInt(digits, 36)));
  const position = new Map(pairs.map(([partition = 0, offset = 0]) => [partition, offset]));
  const isSafe = [...position.values()].every(Number.isSafeInteger);
  return isSafe && position.size === pairs.length ? position : null;
}

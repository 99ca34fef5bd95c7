/**
 * A set of offsets at and above a committed one as commit metadata: `c1:` and the base64 of a bitset, bit n standing
 * for commit + n. Kafka takes 4,096 characters (offset.metadata.max.bytes); 4,000 of them are used.
 */

const tag = 'c1:';
const metadataCharactersMax = 4_000;
const bytesMax = Math.floor((metadataCharactersMax - tag.length) / 4) * 3;

/** How many offsets, from the committed one on, the metadata can speak of. */
export const offsetsCovered = bytesMax * 8;

/** @param completed ascending; what lies too far above `committed` is left out: it will be read again. */
export function encodeCompleted(committed: number, completed: Iterable<number>): string {
  const bits = Buffer.alloc(bytesMax);
  let usedBytes = 0;
  for (const offset of completed) {
    const bit = offset - committed;
    if (bit >= offsetsCovered) break;
    const index = bit >>> 3;
    bits[index] = (bits[index] ?? 0) | (1 << (bit & 7));
    usedBytes = index + 1;
  }
  return usedBytes === 0 ? '' : tag + bits.toString('base64', 0, usedBytes);
}

export class CompletedOffsets {
  private readonly committed: number;
  private bits: Buffer;

  constructor(committed: number, metadata: string | null) {
    this.committed = committed;
    this.bits =
      metadata?.startsWith(tag) === true ? Buffer.from(metadata.slice(tag.length), 'base64') : Buffer.alloc(0);
  }

  /** Beyond what a commit can speak of it is not kept: it will be read again. */
  add(offset: number): void {
    const bit = offset - this.committed;
    if (bit < 0 || bit >= offsetsCovered) return;
    const index = bit >>> 3;
    if (index >= this.bits.length) this.bits = Buffer.concat([this.bits], Math.min(bytesMax, index * 2 + 64));
    this.bits[index] = (this.bits[index] ?? 0) | (1 << (bit & 7));
  }

  has(offset: number): boolean {
    const bit = offset - this.committed;
    if (bit < 0 || bit >= this.bits.length * 8) return false;
    return ((this.bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** Those at and above `offset`, ascending. */
  *from(offset: number): Generator<number> {
    const last = this.committed + this.bits.length * 8;
    for (let at = Math.max(offset, this.committed); at < last; at += 1) if (this.has(at)) yield at;
  }
}

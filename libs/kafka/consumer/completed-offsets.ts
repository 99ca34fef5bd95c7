/**
 * Which offsets above a committed one are complete, as commit metadata. Kafka takes 4,096 characters (offset.metadata.max.bytes);
 * 4,000 of them are used, in one of two forms:
 *
 * `c1:` and the base64 of a bitset, bit n standing for commit + n: whatever is complete of the first 23,976 offsets.
 * `c2:` and the base64 of lengths, each a varint, in turn of offsets that are not complete and of offsets that are, from the
 * commit on: what is complete up to a million offsets on, as long as it is in few pieces. It is written only where `c1:` does not
 * reach, as versions before take it for nothing, which is to read everything again.
 *
 * Offsets without a record, in the gaps of compaction and transactions, may be called complete.
 */
import type { OffsetRun } from './offset-set.ts';

const bitsTag = 'c1:';
const lengthsTag = 'c2:';
const metadataCharactersMax = 4_000;
const bytesMax = Math.floor((metadataCharactersMax - bitsTag.length) / 4) * 3;

/** From the committed offset on the metadata can speak of so many, whichever of them are complete. */
export const offsetsCovered = bytesMax * 8;

/** Of offsets further from the commit it never speaks. */
export const spreadMax = 1_000_000;

/**
 * True when the metadata can speak of everything that is complete within `spread` offsets of the commit, now and whatever else of it
 * completes: `open` offsets are not complete, in `pieces` that none which is complete lies between.
 */
export function canSpeakOf(open: number, pieces: number, spread: number, share = 1): boolean {
  if (spread > spreadMax) return false;
  // Of n adjacent ones (n + 1) / 2 pieces may stay, and behind each there is one that is complete.
  const lengths = open + pieces;
  // A varint has a second byte from 2^7 on, and a third from 2^14 on; together the lengths are the spread.
  const bytes = lengths + Math.min(lengths, Math.floor(spread / 2 ** 7)) + Math.floor(spread / 2 ** 14);
  return bytes <= bytesMax * share;
}

/** @param completed ascending; what lies too far above `committed` is left out: it will be read again. */
export function encodeCompleted(committed: number, completed: Iterable<OffsetRun>): string {
  const runs = joined(completed);
  const last = runs.at(-1);
  if (last === undefined) return '';
  const covered = committed + offsetsCovered;
  if (last.to <= covered) return encodeBits(committed, runs);
  const { bytes, to } = lengthsOf(committed, runs);
  // Each says all below where it ends.
  return to < covered ? encodeBits(committed, runs) : lengthsTag + bytes.toString('base64');
}

/** What {@link encodeCompleted} gave, ascending. Nothing for anything else. */
export function decodeCompleted(committed: number, metadata: string | null): readonly OffsetRun[] {
  const bytes = Buffer.from(metadata?.slice(bitsTag.length) ?? '', 'base64');
  if (metadata?.startsWith(bitsTag) === true) return decodeBits(committed, bytes);
  return metadata?.startsWith(lengthsTag) === true ? decodeLengths(committed, bytes) : [];
}

function joined(completed: Iterable<OffsetRun>): readonly OffsetRun[] {
  const runs: OffsetRun[] = [];
  for (const run of completed) {
    const before = runs.at(-1);
    if (before?.to === run.from) runs[runs.length - 1] = { from: before.from, to: run.to };
    else runs.push(run);
  }
  return runs;
}

function encodeBits(committed: number, runs: readonly OffsetRun[]): string {
  const bits = Buffer.alloc(bytesMax);
  let usedBytes = 0;
  for (const run of runs) {
    const to = Math.min(run.to - committed, offsetsCovered);
    for (let at = run.from - committed; at < to;) {
      const index = at >>> 3;
      const isWhole = (at & 7) === 0 && to - at >= 8;
      bits[index] = isWhole ? 0xff : (bits[index] ?? 0) | (1 << (at & 7));
      at += isWhole ? 8 : 1;
      usedBytes = index + 1;
    }
  }
  return usedBytes === 0 ? '' : bitsTag + bits.toString('base64', 0, usedBytes);
}

function decodeBits(committed: number, bits: Buffer): readonly OffsetRun[] {
  const runs: OffsetRun[] = [];
  let from = -1;
  for (let bit = 0; bit <= bits.length * 8; bit += 1) {
    const isSet = ((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
    if (isSet && from === -1) from = bit;
    if (isSet || from === -1) continue;
    runs.push({ from: committed + from, to: committed + bit });
    from = -1;
  }
  return runs;
}

/** As many whole runs as there is room for. */
function lengthsOf(committed: number, runs: readonly OffsetRun[]): { readonly bytes: Buffer; readonly to: number } {
  const bytes: number[] = [];
  let at = committed;
  for (const { from, to } of runs) {
    const pair = [...varint(from - at), ...varint(to - from)];
    if (to - committed > spreadMax || bytes.length + pair.length > bytesMax) break;
    bytes.push(...pair);
    at = to;
  }
  return { bytes: Buffer.from(bytes), to: at };
}

function decodeLengths(committed: number, bytes: Buffer): readonly OffsetRun[] {
  const lengths: number[] = [];
  let length = 0;
  let factor = 1;
  for (const byte of bytes) {
    length += (byte & 0x7f) * factor;
    if (byte > 0x7f) {
      factor *= 2 ** 7;
      if (factor > 2 ** 14) return [];
      continue;
    }
    lengths.push(length);
    length = 0;
    factor = 1;
  }
  const runs: OffsetRun[] = [];
  let at = committed;
  for (let index = 0; index < lengths.length; index += 2) {
    const from = at + (lengths[index] ?? 0);
    at = from + (lengths[index + 1] ?? 0);
    if (at === from || at > committed + spreadMax) return [];
    runs.push({ from, to: at });
  }
  return factor === 1 ? runs : [];
}

function varint(length: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 2 ** 7)) {
    if (rest < 2 ** 7) return [...bytes, rest];
    bytes.push((rest % 2 ** 7) | 0x80);
  }
}

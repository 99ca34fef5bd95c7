/**
 * Where many parked webhooks stand, in little room: for each a floor, below which all of its records are complete. In:
 * the first offset of each webhook that is not complete. Out: for any webhook an offset that is never higher than that.
 *
 * A webhook is told by a part of its hash, an offset by one of some thousands of steps, rounded down; both are as exact
 * as there is room for. Two that are told by the same part share the lower floor: what the other has completed above it
 * is done again, nothing is ever passed over. The parts are sorted and kept as their differences, which are small.
 */
import { BitReader, BitWriter } from '../lanes/bits.ts';

/** Bits of a hash and of an offset, the most exact first; the last fits however many webhooks there are. */
const precisions = [
  { hashBits: 24, offsetBits: 16 },
  { hashBits: 24, offsetBits: 12 },
  { hashBits: 20, offsetBits: 12 },
  { hashBits: 20, offsetBits: 10 },
  { hashBits: 18, offsetBits: 8 },
  { hashBits: 16, offsetBits: 6 },
  { hashBits: 14, offsetBits: 6 },
  { hashBits: 12, offsetBits: 6 },
  { hashBits: 12, offsetBits: 4 },
  { hashBits: 10, offsetBits: 4 },
] as const;

const headerBits = 24;
/** Of a hash, those that the most exact precision tells apart. */
const prefixBits = 24;
/** Webhooks that one encoding can speak of. */
const indexMax = 2 ** 24;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The value of each base64url character, by its code. */
const sextets = new Uint8Array(128);
for (let value = 0; value < 64; value += 1) sextets[alphabet.charCodeAt(value)] = value;

type Precision = (typeof precisions)[number];

export interface Standing {
  /** 11 characters, base64url: 64 bits. */
  readonly hash: string;
  /** The first offset that is not complete. */
  readonly offset: number;
}

export class ParkedWatermarks {
  /** No webhook's first incomplete offset is lower. */
  readonly base: number;
  /** Up to here every record is accounted for. */
  readonly end: number;
  private readonly precision: Precision;
  /** The step of each part of a hash that a parked webhook has. */
  private readonly steps: ReadonlyMap<number, number>;

  private constructor(range: { base: number; end: number }, precision: Precision, steps: ReadonlyMap<number, number>) {
    this.base = range.base;
    this.end = range.end;
    this.precision = precision;
    this.steps = steps;
  }

  /** In at most so many characters. @param standings every webhook with an incomplete record from `base` on */
  static encode(standings: readonly Standing[], range: { base: number; end: number }, charactersMax: number): string {
    const sorted = byHash(standings);
    for (const precision of precisions) {
      const count = partsIn(sorted, precision);
      if (charactersOf(count * bitsAtLeast(count, precision)) > charactersMax) continue;
      const steps = stepsOf(sorted, range, precision, count);
      if (charactersOf(bitsOf(steps, precision)) <= charactersMax) return encoded(steps, precision);
    }
    throw new RangeError(`no floors fit ${charactersMax} characters`);
  }

  /** Null for what {@link encode} does not say. */
  static decode(text: string, range: { base: number; end: number }): ParkedWatermarks | null {
    const reader = new BitReader(Buffer.from(text, 'base64'));
    const precision = precisions[reader.read(8)];
    const count = reader.read(16);
    if (precision === undefined || count === 0 || count > 2 ** precision.hashBits) return null;
    const steps = new Map<number, number>();
    const lowBits = lowBitsFor(count, precision);
    let part = -1;
    for (let index = 0; index < count; index += 1) {
      part += reader.readRice(lowBits) + 1;
      steps.set(part, reader.read(precision.offsetBits));
    }
    return new ParkedWatermarks(range, precision, steps);
  }

  /** Every record of this webhook below it is complete. */
  floorOf(hash: string): number {
    const step = this.steps.get(partOf(hash, this.precision));
    return step === undefined ? this.end : this.base + step * offsetsPerStep(this, this.precision);
  }
}

/** Sorted once: at every precision, those that share a part are neighbours. */
interface Sorted {
  /** The first {@link prefixBits} bits of each hash, ascending. */
  readonly prefixes: Uint32Array;
  /** At the same index. */
  readonly offsets: Float64Array;
}

/** Parts of hashes, ascending, and the lowest step of those that have it. */
interface Steps {
  readonly parts: Uint32Array;
  readonly steps: Uint32Array;
}

function byHash(standings: readonly Standing[]): Sorted {
  // One number for hash and place: typed arrays sort without a call for each comparison.
  const keys = new Float64Array(standings.length);
  for (let at = 0; at < keys.length; at += 1) keys[at] = prefixOf(standings[at]?.hash ?? '') * indexMax + at;
  // Whoever keeps them in order saves the sorting.
  if (!isAscending(keys)) keys.sort();
  const prefixes = new Uint32Array(keys.length);
  const offsets = new Float64Array(keys.length);
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] ?? 0;
    const prefix = Math.floor(key / indexMax);
    prefixes[at] = prefix;
    offsets[at] = standings[key - prefix * indexMax]?.offset ?? 0;
  }
  return { prefixes, offsets };
}

function isAscending(keys: Float64Array): boolean {
  for (let at = 1; at < keys.length; at += 1) if ((keys[at - 1] ?? 0) > (keys[at] ?? 0)) return false;
  return true;
}

function partsIn({ prefixes }: Sorted, { hashBits }: Precision): number {
  const shift = prefixBits - hashBits;
  let count = 0;
  let before = -1;
  for (let at = 0; at < prefixes.length; at += 1) {
    const part = (prefixes[at] ?? 0) >>> shift;
    if (part !== before) count += 1;
    before = part;
  }
  return count;
}

function stepsOf(sorted: Sorted, range: { base: number; end: number }, precision: Precision, count: number): Steps {
  const parts = new Uint32Array(count);
  const steps = new Uint32Array(count);
  const shift = prefixBits - precision.hashBits;
  const perStep = offsetsPerStep(range, precision);
  let last = -1;
  for (let at = 0; at < sorted.prefixes.length; at += 1) {
    const part = (sorted.prefixes[at] ?? 0) >>> shift;
    const step = Math.floor(((sorted.offsets[at] ?? 0) - range.base) / perStep);
    if (last >= 0 && parts[last] === part) {
      steps[last] = Math.min(steps[last] ?? 0, step);
    } else {
      last += 1;
      parts[last] = part;
      steps[last] = step;
    }
  }
  return { parts, steps };
}

/** What a part and its step take when it directly follows the one before. */
function bitsAtLeast(count: number, precision: Precision): number {
  return 1 + lowBitsFor(count, precision) + precision.offsetBits;
}

function bitsOf({ parts }: Steps, precision: Precision): number {
  const lowBits = lowBitsFor(parts.length, precision);
  let bits = parts.length * bitsAtLeast(parts.length, precision);
  let before = -1;
  for (const part of parts) {
    bits += (part - before - 1) >>> lowBits;
    before = part;
  }
  return bits;
}

/** With the header, as base64. */
function charactersOf(bits: number): number {
  return Math.ceil((headerBits + bits) / 8 / 3) * 4;
}

function encoded({ parts, steps }: Steps, precision: Precision): string {
  const writer = new BitWriter();
  writer.write(precisions.indexOf(precision), 8);
  writer.write(parts.length, 16);
  const lowBits = lowBitsFor(parts.length, precision);
  let before = -1;
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? 0;
    writer.writeRice(part - before - 1, lowBits);
    writer.write(steps[at] ?? 0, precision.offsetBits);
    before = part;
  }
  return writer.toBuffer().toString('base64');
}

function offsetsPerStep({ base, end }: { base: number; end: number }, { offsetBits }: Precision): number {
  return Math.max(1, Math.ceil((end - base + 1) / 2 ** offsetBits));
}

/** The mean difference, as a power of two. */
function lowBitsFor(count: number, { hashBits }: Precision): number {
  return Math.max(0, Math.floor(Math.log2(2 ** hashBits / count)));
}

function partOf(hash: string, { hashBits }: Precision): number {
  return prefixOf(hash) >>> (prefixBits - hashBits);
}

/** Its first 24 bits: four characters of base64url. */
export function prefixOf(hash: string): number {
  let prefix = 0;
  for (let at = 0; at < 4; at += 1) prefix = prefix * 64 + (sextets[hash.charCodeAt(at)] ?? 0);
  return prefix;
}

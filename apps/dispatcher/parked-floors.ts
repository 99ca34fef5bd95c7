/**
 * Where many parked webhooks stand, in little room: for each a floor, below which all of its records are complete. In:
 * the first offset of each webhook that is not complete. Out: for any webhook an offset that is never higher than that.
 *
 * A webhook is told by a part of its hash, an offset by one of some thousands of steps, rounded down; both are as exact
 * as there is room for. Two that are told by the same part share the lower floor: what the other has completed above it
 * is done again, nothing is ever passed over. The parts are sorted and kept as their differences, which are small.
 */
import { BitReader, BitWriter } from './bits.ts';

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

type Precision = (typeof precisions)[number];

export interface Standing {
  /** 11 characters, base64url: 64 bits. */
  readonly hash: string;
  /** The first offset that is not complete. */
  readonly offset: number;
}

export class ParkedFloors {
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
    for (const precision of precisions) {
      const steps = stepsOf(standings, range, precision);
      if (charactersOf(steps, precision) <= charactersMax) return encoded(steps, precision);
    }
    throw new RangeError(`no floors fit ${charactersMax} characters`);
  }

  /** Null for what {@link encode} does not say. */
  static decode(text: string, range: { base: number; end: number }): ParkedFloors | null {
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
    return new ParkedFloors(range, precision, steps);
  }

  /** Every record of this webhook below it is complete. */
  floorOf(hash: string): number {
    const step = this.steps.get(partOf(hash, this.precision));
    return step === undefined ? this.end : this.base + step * offsetsPerStep(this, this.precision);
  }
}

/** Of each part its step, by part. */
function stepsOf(
  standings: readonly Standing[],
  range: { base: number; end: number },
  precision: Precision,
): readonly (readonly [number, number])[] {
  const found = new Map<number, number>();
  for (const { hash, offset } of standings) {
    const part = partOf(hash, precision);
    const step = Math.floor((offset - range.base) / offsetsPerStep(range, precision));
    found.set(part, Math.min(found.get(part) ?? Infinity, step));
  }
  return [...found].sort(([one], [other]) => one - other);
}

function charactersOf(steps: readonly (readonly [number, number])[], precision: Precision): number {
  const lowBits = lowBitsFor(steps.length, precision);
  let bits = headerBits + steps.length * (1 + lowBits + precision.offsetBits);
  let before = -1;
  for (const [part] of steps) {
    bits += (part - before - 1) >>> lowBits;
    before = part;
  }
  return Math.ceil(bits / 8 / 3) * 4;
}

function encoded(steps: readonly (readonly [number, number])[], precision: Precision): string {
  const writer = new BitWriter();
  writer.write(precisions.indexOf(precision), 8);
  writer.write(steps.length, 16);
  const lowBits = lowBitsFor(steps.length, precision);
  let before = -1;
  for (const [part, step] of steps) {
    writer.writeRice(part - before - 1, lowBits);
    writer.write(step, precision.offsetBits);
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
  return Buffer.from(hash, 'base64url').readUInt32BE(0) >>> (32 - hashBits);
}

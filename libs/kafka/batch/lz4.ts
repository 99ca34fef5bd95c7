/**
 * Reads LZ4 frames, which foreign producers may use and Node.js has not (lz4_Frame_format.md and lz4_Block_format.md
 * of the LZ4 project). Checksums are not verified: Kafka's own covers the batch.
 */

const magic = 0x184d2204;
const headerBytes = 7;
const minMatch = 4;
export class Lz4Error extends Error {
  readonly code = 'lz4_format';
  readonly retryable = false;
}

/** @throws Lz4Error */
export function lz4Decompress(input: Buffer, bytesMax: number): Buffer {
  if (input.length < headerBytes || input.readUInt32LE(0) !== magic) throw new Lz4Error('not an LZ4 frame');
  const flags = input[4] ?? 0;
  const [hasBlockChecksum, hasContentSize, hasDictionary] = [flags & 0x10, flags & 0x08, flags & 0x01];
  let at = headerBytes + (hasContentSize === 0 ? 0 : 8) + (hasDictionary === 0 ? 0 : 4);
  const output = new Output(Math.min(input.length * 4, bytesMax), bytesMax);
  for (;;) {
    if (at + 4 > input.length) throw new Lz4Error('the end mark is missing');
    const header = input.readUInt32LE(at);
    if (header === 0) return output.bytes();
    const [start, end] = [at + 4, at + 4 + (header & 0x7fffffff)];
    if (end > input.length) throw new Lz4Error('a block ends beyond the input');
    if (header >>> 31 === 1) output.literal(input, start, end);
    else decompressBlock(input, start, end, output);
    at = end + (hasBlockChecksum === 0 ? 0 : 4);
  }
}

/** Sequences of literals and a match; the last one has literals only. */
function decompressBlock(input: Buffer, start: number, end: number, output: Output): void {
  let at = start;
  const longLength = (short: number): number => {
    let length = short;
    if (short < 15) return length;
    for (let byte = 255; byte === 255; at += 1) {
      if (at >= end) throw new Lz4Error('the input is cut off');
      byte = input[at] ?? 0;
      length += byte;
    }
    return length;
  };
  while (at < end) {
    const token = input[at] ?? 0;
    at += 1;
    const literals = longLength(token >>> 4);
    if (at + literals > end) throw new Lz4Error('literals end beyond the block');
    output.literal(input, at, at + literals);
    at += literals;
    if (at === end) return;
    if (at + 2 > end) throw new Lz4Error('the input is cut off');
    const distance = input.readUInt16LE(at);
    at += 2;
    output.match(distance, longLength(token & 15) + minMatch);
  }
}

/** Grows; blocks may refer to what earlier ones gave. */
class Output {
  private buffer: Buffer;
  private readonly bytesMax: number;
  private length = 0;

  constructor(expectedBytes: number, bytesMax: number) {
    this.bytesMax = bytesMax;
    this.buffer = Buffer.allocUnsafe(Math.max(expectedBytes, 1_024));
  }

  literal(input: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    input.copy(this.buffer, this.length, start, end);
    this.length += end - start;
  }

  match(distance: number, length: number): void {
    if (distance === 0 || distance > this.length) throw new Lz4Error('a match reaches before the beginning');
    this.reserve(length);
    const { buffer } = this;
    let to = this.length;
    // Byte by byte: the source may overlap what is being written.
    for (const end = to + length; to < end; to += 1) buffer[to] = buffer[to - distance] ?? 0;
    this.length = to;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed > this.bytesMax) throw new Lz4Error(`a compressed batch has more than ${this.bytesMax} bytes`);
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}

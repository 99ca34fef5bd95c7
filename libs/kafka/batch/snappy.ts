/**
 * Reads snappy, which foreign producers may use and Node.js has not: the block format
 * (google/snappy, format_description.txt) as librdkafka sends it, and the chunks of such blocks behind a header of 16
 * bytes that Java clients send.
 */

const chunkedMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const chunkedHeaderBytes = 16;

export class SnappyError extends Error {
  readonly code = 'snappy_format';
  readonly retryable = false;
}

/** @throws SnappyError */
export function snappyDecompress(input: Buffer, bytesMax: number): Buffer {
  if (!input.subarray(0, chunkedMagic.length).equals(chunkedMagic)) return decompressBlock(input, 0, bytesMax);
  let before = 0;
  const blocks: Buffer[] = [];
  let at = chunkedHeaderBytes;
  while (at + 4 <= input.length) {
    const end = at + 4 + input.readUInt32BE(at);
    if (end > input.length) throw new SnappyError('a chunk ends beyond the input');
    const block = decompressBlock(input.subarray(at + 4, end), before, bytesMax);
    blocks.push(block);
    before += block.length;
    at = end;
  }
  return Buffer.concat(blocks);
}

/** @param before bytes of the blocks before it */
function decompressBlock(input: Buffer, before: number, bytesMax: number): Buffer {
  const { value: length, next } = readVarint(input);
  if (before + length > bytesMax) throw new SnappyError(`a compressed batch has more than ${bytesMax} bytes`);
  const output = Buffer.allocUnsafe(length);
  let from = next;
  let to = 0;
  while (from < input.length) {
    const tag = input[from] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      const literal = literalAt(input, from, tag);
      from = literal.start + literal.length;
      if (from > input.length || to + literal.length > length) throw new SnappyError('a literal is too long');
      input.copy(output, to, literal.start, from);
      to += literal.length;
      continue;
    }
    const { copyLength, distance, next: after } = copyAt(input, from, tag, kind);
    if (distance === 0 || distance > to || to + copyLength > length) throw new SnappyError('a copy reaches outside');
    from = after;
    // Byte by byte: the source may overlap what is being written.
    for (const end = to + copyLength; to < end; to += 1) output[to] = output[to - distance] ?? 0;
  }
  if (to !== length) throw new SnappyError(`${to} bytes came out, not ${length}`);
  return output;
}

function literalAt(input: Buffer, at: number, tag: number): { start: number; length: number } {
  const short = tag >>> 2;
  if (short < 60) return { start: at + 1, length: short + 1 };
  const lengthBytes = short - 59;
  return { start: at + 1 + lengthBytes, length: littleEndian(input, at + 1, lengthBytes) + 1 };
}

function copyAt(input: Buffer, at: number, tag: number, kind: number) {
  if (kind === 1) {
    const distance = ((tag >>> 5) << 8) | littleEndian(input, at + 1, 1);
    return { copyLength: ((tag >>> 2) & 7) + 4, distance, next: at + 2 };
  }
  const distanceBytes = kind === 2 ? 2 : 4;
  const distance = littleEndian(input, at + 1, distanceBytes);
  return { copyLength: (tag >>> 2) + 1, distance, next: at + 1 + distanceBytes };
}

function littleEndian(input: Buffer, at: number, bytes: number): number {
  if (at + bytes > input.length) throw new SnappyError('the input is cut off');
  return input.readUIntLE(at, bytes);
}

function readVarint(input: Buffer): { value: number; next: number } {
  let value = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = input[at];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) {
      return { value, next: at + 1 };
    }
  }
  throw new SnappyError('no length');
}

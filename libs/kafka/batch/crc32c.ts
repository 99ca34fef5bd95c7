/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches. Source: RFC 3720, section 12.1 and appendix B.4.
 * Sixteen bytes a step, read as four words ("slicing by 16", after Kounavis and Berry 2005): a byte at a time takes eight times as
 * long, and eight bytes a step, each read by itself, 2.5 times.
 */
import { endianness } from 'node:os';

const polynomial = 0x82f63b78;
const slices = 16;
const wordBytes = 4;
/** A word of memory is read as the low byte first; where it is not, each byte is read by itself. */
const areWordsRead = endianness() === 'LE';

/** Table s, entry n: the checksum of byte n followed by s zero bytes. */
const table = makeTable();

function makeTable(): Int32Array {
  const made = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    made[byte] = crc;
  }
  for (let index = 256; index < made.length; index += 1) {
    const before = at(made, index - 256);
    made[index] = (before >>> 8) ^ at(made, before & 0xff);
  }
  return made;
}

/** Of the bytes from `start` to before `end`, as an unsigned number of 32 bits. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let index = start;
  if (areWordsRead) {
    // Words can be read where they lie at a multiple of their size.
    const unaligned = (bytes.byteOffset + start) % wordBytes;
    const aligned = unaligned === 0 ? start : Math.min(end, start + wordBytes - unaligned);
    crc = byBytes(crc, bytes, index, aligned);
    const steps = Math.floor((end - aligned) / slices);
    if (steps > 0) crc = byWords(crc, new Int32Array(bytes.buffer, bytes.byteOffset + aligned, steps * wordBytes));
    index = aligned + steps * slices;
  }
  return ~byBytes(crc, bytes, index, end) >>> 0;
}

function byBytes(before: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = before;
  for (let index = start; index < end; index += 1) crc = (crc >>> 8) ^ at(table, (crc ^ at(bytes, index)) & 0xff);
  return crc;
}

/** Four words a step. */
function byWords(before: number, words: Int32Array): number {
  let crc = before;
  for (let index = 0; index < words.length; index += 4) {
    const first = crc ^ at(words, index);
    const second = at(words, index + 1);
    const third = at(words, index + 2);
    const fourth = at(words, index + 3);
    crc =
      at(table, 3840 + (first & 0xff)) ^
      at(table, 3584 + ((first >>> 8) & 0xff)) ^
      at(table, 3328 + ((first >>> 16) & 0xff)) ^
      at(table, 3072 + (first >>> 24)) ^
      at(table, 2816 + (second & 0xff)) ^
      at(table, 2560 + ((second >>> 8) & 0xff)) ^
      at(table, 2304 + ((second >>> 16) & 0xff)) ^
      at(table, 2048 + (second >>> 24)) ^
      at(table, 1792 + (third & 0xff)) ^
      at(table, 1536 + ((third >>> 8) & 0xff)) ^
      at(table, 1280 + ((third >>> 16) & 0xff)) ^
      at(table, 1024 + (third >>> 24)) ^
      at(table, 768 + (fourth & 0xff)) ^
      at(table, 512 + ((fourth >>> 8) & 0xff)) ^
      at(table, 256 + ((fourth >>> 16) & 0xff)) ^
      at(table, fourth >>> 24);
  }
  return crc;
}

/** Every index above lies within; the compiler cannot know. */
function at(numbers: Int32Array | Uint8Array, index: number): number {
  return numbers[index] as number;
}

/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches. Source: RFC 3720, section 12.1 and appendix B.4.
 * Eight bytes a step ("slicing by 8", Kounavis and Berry 2005): three times as fast as a byte at a time.
 */

const polynomial = 0x82f63b78;
const slices = 8;

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
  for (const last = end - slices; index <= last; index += slices) {
    crc =
      at(table, 1792 + ((crc ^ at(bytes, index)) & 0xff)) ^
      at(table, 1536 + (((crc >>> 8) ^ at(bytes, index + 1)) & 0xff)) ^
      at(table, 1280 + (((crc >>> 16) ^ at(bytes, index + 2)) & 0xff)) ^
      at(table, 1024 + ((crc >>> 24) ^ at(bytes, index + 3))) ^
      at(table, 768 + at(bytes, index + 4)) ^
      at(table, 512 + at(bytes, index + 5)) ^
      at(table, 256 + at(bytes, index + 6)) ^
      at(table, at(bytes, index + 7));
  }
  for (; index < end; index += 1) crc = (crc >>> 8) ^ at(table, (crc ^ at(bytes, index)) & 0xff);
  return ~crc >>> 0;
}

/** Every index above lies within; the compiler cannot know. */
function at(numbers: Int32Array | Uint8Array, index: number): number {
  return numbers[index] as number;
}

/** Numbers of so many bits, one after another, the highest bit first. */

export class BitWriter {
  private bytes = Buffer.alloc(512);
  private used = 0;

  /** @param count at most 32 */
  write(value: number, count: number): void {
    this.makeRoom(count);
    for (let left = count; left > 0;) {
      const index = this.used >>> 3;
      const free = 8 - (this.used & 7);
      const taken = Math.min(free, left);
      const bits = (value >>> (left - taken)) & (2 ** taken - 1);
      this.bytes[index] = (this.bytes[index] ?? 0) | (bits << (free - taken));
      this.used += taken;
      left -= taken;
    }
  }

  /** The number in ones, then a zero, then `lowBits` of it as they are (Rice and Plaunt, 1971). */
  writeRice(value: number, lowBits: number): void {
    for (let ones = Math.floor(value / 2 ** lowBits); ones > 0; ones -= 1) this.write(1, 1);
    this.write(0, 1);
    this.write(value % 2 ** lowBits, lowBits);
  }

  toBuffer(): Buffer {
    return this.bytes.subarray(0, (this.used + 7) >>> 3);
  }

  private makeRoom(count: number): void {
    if (this.used + count <= this.bytes.length * 8) return;
    this.bytes = Buffer.concat([this.bytes], this.bytes.length * 2);
  }
}

export class BitReader {
  private readonly bytes: Buffer;
  private used = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Zeros behind the end. */
  read(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit += 1) {
      const byte = this.bytes[this.used >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.used % 8))) & 1);
      this.used += 1;
    }
    return value;
  }

  readRice(lowBits: number): number {
    let ones = 0;
    while (this.read(1) === 1) ones += 1;
    return ones * 2 ** lowBits + this.read(lowBits);
  }
}

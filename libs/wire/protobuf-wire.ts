/** The bytes of a Protobuf message, read from left to right. Source: Protocol Buffers, "Encoding". */
import { isUtf8 } from 'node:buffer';

export type WireType = 0 | 1 | 2 | 3 | 4 | 5;

export class WireBytes {
  private readonly all: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.all = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.all.length;
  }

  /** What is left. */
  get rest(): Buffer {
    return this.all.subarray(this.at);
  }

  /** Field number and wire type. */
  tag(): readonly [number, WireType] {
    const first = this.all[this.at] ?? 0x80;
    // Most of them are one byte.
    if (first < 0x80) this.at += 1;
    const tag = first < 0x80 ? first : Number(BigInt.asUintN(32, this.varint()));
    const wireType = tag & 7;
    const id = tag >>> 3;
    if (id === 0 || wireType > 5) throw new RangeError('no field of a message');
    return [id, wireType as WireType];
  }

  /** Unsigned, 64 bits. */
  varint(): bigint {
    let low = 0;
    let value = 0n;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.all[this.at];
      if (byte === undefined) throw new RangeError('it ends within a number');
      this.at += 1;
      if (index < 4) low |= (byte & 0x7f) << (7 * index);
      else value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value | BigInt(low));
    }
    throw new RangeError('a number of more than ten bytes');
  }

  bytes(): Buffer {
    const length = this.varint();
    const end = this.at + Number(length);
    if (length > BigInt(this.all.length) || end > this.all.length) throw new RangeError('it is longer than its bytes');
    const bytes = this.all.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  text(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw new TypeError('a text that is not UTF-8');
    return bytes.toString();
  }

  double(): number {
    return this.fixed(8).readDoubleLE();
  }

  float(): number {
    return this.fixed(4).readFloatLE();
  }

  fixed32(): number {
    return this.fixed(4).readUInt32LE();
  }

  fixed64(): bigint {
    return this.fixed(8).readBigUInt64LE();
  }

  /** What is inside a group that has begun. */
  group(id: number, depthMax: number): Buffer {
    const start = this.at;
    for (;;) {
      const end = this.at;
      const [inner, wireType] = this.tag();
      if (wireType === 4) {
        if (inner !== id) throw new RangeError('another group ends');
        return this.all.subarray(start, end);
      }
      this.skip(inner, wireType, depthMax - 1);
    }
  }

  skip(id: number, wireType: WireType, depthMax: number): void {
    if (depthMax < 0) throw new RangeError('groups are nested too deep');
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.fixed(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 3) this.group(id, depthMax);
    else if (wireType === 5) this.fixed(4);
    else throw new RangeError('a group ends that has not begun');
  }

  private fixed(length: number): Buffer {
    if (this.at + length > this.all.length) throw new RangeError('it ends within a number');
    this.at += length;
    return this.all.subarray(this.at - length, this.at);
  }
}

/** Signed numbers as Protobuf and Avro write them: the least of either sign take the fewest bytes. */
export function zigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

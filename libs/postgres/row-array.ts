/**
 * In: rows of a composite type. Out: all of them as one parameter, in PostgreSQL's binary form, which the driver sends
 * as it is. `unnest($1::history_attempt[])` makes rows of it again.
 * Beside JSON of the same rows it halves what the server spends on reading them, and what it costs to write them here.
 * Source: PostgreSQL, array_recv, record_recv and the receive functions of the types (src/backend/utils/adt).
 */

import { storableJson, storableText } from './storable.ts';

/** Types of columns, with their object ids, which are the same in every database (pg_type.dat). */
const typeIds = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  json: 114,
  timestamptz: 1184,
  uuid: 2950,
  jsonb: 3802,
} as const;

export type ColumnType = keyof typeof typeIds;

/** What a column takes. A timestamptz is Unix milliseconds; json and jsonb are whatever JSON can say. */
interface ColumnValues {
  readonly bool: boolean;
  readonly bytea: Buffer;
  readonly int8: number;
  readonly int4: number;
  readonly text: string;
  readonly json: unknown;
  readonly timestamptz: number;
  readonly uuid: string;
  readonly jsonb: unknown;
}

/** Columns of a composite type in their order. */
export type Columns = Readonly<Record<string, ColumnType>>;

export type RowOf<C extends Columns> = { readonly [Name in keyof C]: ColumnValues[C[Name]] | null };

const firstBytes = 65_536;
/** 2000-01-01 in Unix milliseconds: what timestamptz counts from, in microseconds. */
const epochMs = 946_684_800_000;
const timeMsMax = 8_640_000_000_000_000;

/** @param typeId of the composite type @throws RangeError for a value that its column can never hold */
export function rowArray<C extends Columns>(typeId: number, columns: C, rows: readonly RowOf<C>[]): Buffer {
  const writer = new Writer();
  writer.int32(rows.length === 0 ? 0 : 1); // dimensions
  writer.int32(0); // no row is null
  writer.int32(typeId | 0); // an unsigned number
  if (rows.length === 0) return writer.bytes();
  writer.int32(rows.length);
  writer.int32(1); // the first index
  const layout = Object.entries(columns);
  for (const row of rows) {
    const lengthAt = writer.hole();
    writer.int32(layout.length);
    for (const [name, type] of layout) {
      writer.int32(typeIds[type]);
      const value = row[name];
      if (value === null || value === undefined) writer.int32(-1);
      else writeValue(writer, type, value);
    }
    writer.fill(lengthAt);
  }
  return writer.bytes();
}

function writeValue(writer: Writer, type: ColumnType, value: ColumnValues[ColumnType]): void {
  const lengthAt = writer.hole();
  switch (type) {
    case 'bool':
      writer.byte(value === true ? 1 : 0);
      break;
    case 'bytea':
      writer.raw(value as Buffer);
      break;
    case 'int4':
      writer.int32(value as number);
      break;
    case 'int8':
      writer.int64(BigInt(value as number));
      break;
    case 'timestamptz':
      writer.microseconds(value as number);
      break;
    case 'uuid':
      writer.uuid(value as string);
      break;
    case 'text':
      if (!writer.shortText(value as string)) writer.text(storableText(value as string));
      break;
    case 'json':
      writer.text(storableJson(value));
      break;
    case 'jsonb':
      writer.byte(1); // version of the format
      writer.text(storableJson(value));
      break;
  }
  writer.fill(lengthAt);
}

const uuidChars = 36;
const dash = 0x2d;

/** By character code: what a hexadecimal digit in lower case stands for; else 0xff. */
const hexDigits = new Uint8Array(128).fill(0xff);
for (let value = 0; value < 16; value += 1) hexDigits[value.toString(16).charCodeAt(0)] = value;

function hexDigitAt(text: string, index: number): number {
  const value = hexDigits[text.charCodeAt(index)] ?? 0xff;
  if (value === 0xff) throw new RangeError('no UUID in lower case');
  return value;
}

/** Longer ones are written faster by the machine's own means. */
const shortCharsMax = 64;
const wordSize = 2 ** 32;

class Writer {
  private buffer = Buffer.allocUnsafe(firstBytes);
  private at = 0;

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.at] = value;
    this.at += 1;
  }

  /** @throws RangeError for what is no integer of 32 bits */
  int32(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`no integer of 32 bits: ${value}`);
    this.reserve(4);
    const { buffer, at } = this;
    // By hand: there are two for each column, and a call that checks it again takes as long as everything else about them.
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
    this.at = at + 4;
  }

  /** @throws RangeError for what is beyond 64 bits */
  int64(value: bigint): void {
    this.reserve(8);
    this.at = this.buffer.writeBigInt64BE(value, this.at);
  }

  /** From 2000 on. @throws RangeError for a time that is none */
  microseconds(timeMs: number): void {
    if (!Number.isInteger(timeMs) || Math.abs(timeMs) > timeMsMax) throw new RangeError(`no time: ${timeMs}`);
    const value = (timeMs - epochMs) * 1_000;
    if (!Number.isSafeInteger(value)) {
      this.int64(BigInt(timeMs - epochMs) * 1_000n);
      return;
    }
    // In two halves: a bigint would be made for each, and collected.
    const high = Math.floor(value / wordSize);
    this.reserve(8);
    this.at = this.buffer.writeInt32BE(high, this.at);
    this.at = this.buffer.writeUInt32BE(value - high * wordSize, this.at);
  }

  /** @throws RangeError for anything else than a UUID in lower case */
  uuid(text: string): void {
    if (text.length !== uuidChars) throw new RangeError('no UUID in lower case');
    this.reserve(16);
    for (let index = 0; index < uuidChars; index += 2) {
      if (index === 8 || index === 13 || index === 18 || index === 23) {
        if (text.charCodeAt(index) !== dash) throw new RangeError('no UUID in lower case');
        index += 1;
      }
      this.buffer[this.at] = (hexDigitAt(text, index) << 4) | hexDigitAt(text, index + 1);
      this.at += 1;
    }
  }

  /** False, and nothing is written, when it is not short or not ASCII without NUL. */
  shortText(text: string): boolean {
    const { length } = text;
    if (length > shortCharsMax) return false;
    this.reserve(length);
    const { buffer, at } = this;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code === 0 || code > 0x7f) return false;
      buffer[at + index] = code;
    }
    this.at = at + length;
    return true;
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.at += this.buffer.write(text, this.at);
  }

  raw(bytes: Buffer): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Room for a length that is known later: {@link fill}. */
  hole(): number {
    this.reserve(4);
    this.at += 4;
    return this.at;
  }

  fill(start: number): void {
    this.buffer.writeInt32BE(this.at - start, start - 4);
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  private reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

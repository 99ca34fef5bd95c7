/**
 * In: records for one partition. Out: their record batch, written into a buffer that has room for it.
 * Holds: one pass, no buffer of its own: this is done for every record that the system writes. Compression takes one.
 * Source: Kafka protocol, record batch, message format v2 (magic 2).
 */
import { compress, compressionFormats, type Compression } from './compression.ts';
import { crc32c } from './crc32c.ts';

export interface BatchRecord {
  readonly key: string | Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>> | undefined;
}

/** What an idempotent producer says of a batch; ids as it got them from the broker. */
export interface BatchProducer {
  readonly id: bigint;
  readonly epoch: number;
  readonly firstSequence: number;
}

const batchHeaderBytes = 61;
/** Lengths and deltas around a record at their largest: five varints and the attributes. */
const recordOverheadBytesMax = 26;
const headerOverheadBytesMax = 10;
const magic = 2;

/** Bytes that the batch takes at most. */
export function batchBytesMax(records: readonly BatchRecord[]): number {
  let bytes = batchHeaderBytes;
  for (const { key, value, headers } of records) {
    bytes += recordOverheadBytesMax + (value?.length ?? 0);
    if (key !== null) bytes += byteLengthMax(key);
    if (headers === undefined) continue;
    for (const name in headers) {
      bytes += headerOverheadBytesMax + byteLengthMax(name) + byteLengthMax(headers[name] ?? '');
    }
  }
  return bytes;
}

/** Writes the batch at `start` and returns where it ends. `timestampMs`: of all of its records. */
export function writeBatch(
  target: Buffer,
  start: number,
  records: readonly BatchRecord[],
  producer: BatchProducer,
  timestampMs: number,
  compression: Compression = 'none',
): number {
  let end = start + batchHeaderBytes;
  for (let index = 0; index < records.length; index += 1) {
    end = writeRecord(target, end, records[index] as BatchRecord, index);
  }
  const compressed = compress(compression, target.subarray(start + batchHeaderBytes, end));
  if (compressed !== null) end = start + batchHeaderBytes + compressed.copy(target, start + batchHeaderBytes);
  target.writeBigInt64BE(0n, start); // the broker gives the offset
  target.writeInt32BE(end - start - 12, start + 8);
  target.writeInt32BE(-1, start + 12); // leader epoch: the broker's too
  target[start + 16] = magic;
  target.writeInt16BE(compressed === null ? 0 : compressionFormats[compression], start + 21);
  target.writeInt32BE(records.length - 1, start + 23);
  target.writeBigInt64BE(BigInt(timestampMs), start + 27);
  target.writeBigInt64BE(BigInt(timestampMs), start + 35);
  target.writeBigInt64BE(producer.id, start + 43);
  target.writeInt16BE(producer.epoch, start + 51);
  target.writeInt32BE(producer.firstSequence, start + 53);
  target.writeInt32BE(records.length, start + 57);
  target.writeUInt32BE(crc32c(target, start + 21, end), start + 17);
  return end;
}

function writeRecord(target: Buffer, start: number, { key, value, headers }: BatchRecord, offsetDelta: number): number {
  const keyBytes = key === null ? -1 : byteLength(key);
  const valueBytes = value === null ? -1 : value.length;
  let bytes = 2 + varintBytes(offsetDelta) + varintBytes(keyBytes) + varintBytes(valueBytes);
  bytes += Math.max(keyBytes, 0) + Math.max(valueBytes, 0);
  const headerCount = headers === undefined ? 0 : Object.keys(headers).length;
  bytes += varintBytes(headerCount) + headersBytes(headers);
  let at = writeVarint(target, start, bytes);
  target[at] = 0; // attributes
  target[at + 1] = 0; // timestamp delta
  at = writeVarint(target, at + 2, offsetDelta);
  at = writeVarint(target, at, keyBytes);
  if (key !== null) at = writeBytes(target, at, key);
  at = writeVarint(target, at, valueBytes);
  if (value !== null) at = writeBytes(target, at, value);
  at = writeVarint(target, at, headerCount);
  for (const name in headers) {
    const header = headers[name] ?? '';
    at = writeBytes(target, writeVarint(target, at, byteLength(name)), name);
    at = writeBytes(target, writeVarint(target, at, byteLength(header)), header);
  }
  return at;
}

function headersBytes(headers: BatchRecord['headers']): number {
  let bytes = 0;
  for (const name in headers) {
    for (const part of [name, headers[name] ?? '']) {
      const partBytes = byteLength(part);
      bytes += varintBytes(partBytes) + partBytes;
    }
  }
  return bytes;
}

/** Zigzag, seven bits a byte, for numbers of up to 32 bits. */
function writeVarint(target: Buffer, start: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = start;
  for (; rest > 0x7f; rest >>>= 7) {
    target[at] = (rest & 0x7f) | 0x80;
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}

function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  return zigzag < 0x80 ? 1 : Math.ceil((32 - Math.clz32(zigzag)) / 7);
}

function writeBytes(target: Buffer, start: number, part: string | Buffer): number {
  if (typeof part === 'string') return start + target.write(part, start);
  target.set(part, start);
  return start + part.length;
}

function byteLength(part: string | Buffer): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length;
}

function byteLengthMax(part: string | Buffer): number {
  return typeof part === 'string' ? part.length * 3 : part.length;
}

/**
 * In: one partition of a fetch answer, its record batches as they are on disk. Out: its records in our form, and where
 * to read on.
 * Holds: records below the offset that was asked for, control records and those of aborted transactions are left out,
 * and reading goes on behind them: a batch of nothing else still moves the position. What batches come to before
 * compression is bounded, each of them and together: what goes beyond is fetched again.
 * Source: Kafka protocol, record batch, message format v2 (magic 2).
 */
import { decompress, decompressedBytesMax } from '../batch/decompress.ts';
import type { KafkaRecord } from '../record.ts';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** The last batch may be cut; null: there is none. */
  readonly batches: Buffer | null;
}

export interface FetchedBatch {
  readonly records: readonly KafkaRecord[];
  readonly fetchedOffset: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
}

/** Offset and length, which every format begins with. */
const prefixBytes = 12;
const batchHeaderBytes = 61;
const magicAt = 16;
const compressionMask = 0x07;
const logAppendTimeFlag = 0x08;
const transactionalFlag = 0x10;
const controlFlag = 0x20;

/** Of one batch. A record that is seven bytes in a batch is hundreds as an object. */
const recordsMax = 500_000;

/** @throws for a batch that is too large before compression, in a format of before Kafka 0.11, a compression that nobody knows, an offset beyond 2^53 */
export function fetchedBatch(
  topic: string,
  fetchedOffset: number,
  fetched: FetchedPartition,
  bytesMax = decompressedBytesMax,
): FetchedBatch {
  const records: KafkaRecord[] = [];
  const isAborted = abortedFilter(fetched.abortedTransactions);
  const bytes = fetched.batches ?? nothing;
  let nextOffset = fetchedOffset;
  let room = bytesMax;
  for (let at = 0; at + batchHeaderBytes <= bytes.length;) {
    const end = at + prefixBytes + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    const batch = batchAt(bytes, at, end);
    const isLeftOut = isAborted(batch) || batch.isControl;
    if (!isLeftOut) {
      // The first one gets its own limit; those behind it can wait for the next fetch.
      if (room <= 0) break;
      room -= readRecords(batch, { topic, partition: fetched.partition, from: fetchedOffset, bytesMax }, records);
      if (records.length > recordsMax) room = 0;
    }
    // The end of the batch on disk: compaction may have taken the records at its end.
    nextOffset = Math.max(nextOffset, batch.lastOffset + 1);
    at = end;
  }
  return { records, fetchedOffset, nextOffset, highWatermark: fetched.highWatermark };
}

const nothing = Buffer.alloc(0);

interface Batch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly firstTimestampMs: number;
  /** Of every record in it, when the broker stamps them; else null. */
  readonly timestampMs: number | null;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly recordCount: number;
  readonly compression: number;
  readonly records: Buffer;
}

function batchAt(bytes: Buffer, start: number, end: number): Batch {
  const magic = bytes[magicAt + start];
  if (magic !== 2) throw new Error(`a record batch of message format ${magic}: only 2 (Kafka 0.11 and later) is read`);
  const firstOffset = safeOffset(bytes.readBigInt64BE(start));
  const attributes = bytes.readInt16BE(start + 21);
  return {
    firstOffset,
    lastOffset: firstOffset + bytes.readInt32BE(start + 23),
    firstTimestampMs: Number(bytes.readBigInt64BE(start + 27)),
    timestampMs: (attributes & logAppendTimeFlag) === 0 ? null : Number(bytes.readBigInt64BE(start + 35)),
    producerId: bytes.readBigInt64BE(start + 43),
    isTransactional: (attributes & transactionalFlag) !== 0,
    isControl: (attributes & controlFlag) !== 0,
    recordCount: bytes.readInt32BE(start + 57),
    compression: attributes & compressionMask,
    records: bytes.subarray(start + batchHeaderBytes, end),
  };
}

interface Reading {
  readonly topic: string;
  readonly partition: number;
  /** The offset that was asked for. */
  readonly from: number;
  readonly bytesMax: number;
}

/** @returns bytes before compression */
function readRecords(batch: Batch, { topic, partition, from, bytesMax }: Reading, records: KafkaRecord[]): number {
  const { firstOffset, firstTimestampMs, timestampMs, recordCount } = batch;
  if (recordCount > recordsMax) throw new Error(`a record batch of ${recordCount} records: more than ${recordsMax}`);
  const bytes = decompress(batch.compression, batch.records, bytesMax);
  const reader = new Reader(bytes);
  for (let index = 0; index < recordCount; index += 1) {
    const length = reader.varint();
    const end = reader.at + length;
    if (length < 0 || end > bytes.length) past();
    reader.at += 1; // attributes, unused
    const timestampDelta = reader.varlong();
    const offset = firstOffset + reader.varint();
    if (offset >= from) {
      records.push({
        topic,
        partition,
        offset,
        timestampMs: timestampMs ?? firstTimestampMs + timestampDelta,
        key: reader.bytes(),
        value: reader.bytes(),
        headers: readHeaders(reader),
      });
    }
    reader.at = end;
  }
  return bytes.length;
}

const noHeaders: Readonly<Record<string, Buffer>> = Object.freeze({});

/** The last of a header that comes more than once, as `lastHeader` of the Java client; a null one counts as missing. */
function readHeaders(reader: Reader): Readonly<Record<string, Buffer>> {
  const count = reader.varint();
  if (count === 0) return noHeaders;
  const headers: Record<string, Buffer> = {};
  for (let index = 0; index < count; index += 1) {
    const name = reader.bytes()?.toString() ?? '';
    const value = reader.bytes();
    if (value === null) continue;
    // Defined, not set: a header may be called __proto__.
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true });
    else headers[name] = value;
  }
  return headers;
}

/** Reads forward. A length that runs past the end is a RangeError, never a short value. */
class Reader {
  at = 0;
  private readonly source: Buffer;

  constructor(source: Buffer) {
    this.source = source;
  }

  /** Zigzag, seven bits a byte; 32 bits. */
  varint(): number {
    const { source } = this;
    let byte = source[this.at] ?? past();
    this.at += 1;
    let value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 28) past();
      byte = source[this.at] ?? past();
      this.at += 1;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** The same for 64 bits; what a number holds exactly. */
  varlong(): number {
    const start = this.at;
    let factor = 1;
    let value = 0;
    for (;;) {
      const byte = this.source[this.at] ?? past();
      this.at += 1;
      value += (byte & 0x7f) * factor;
      if (byte <= 0x7f) break;
      if (this.at - start > 9) past();
      factor *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const end = this.at + length;
    if (end > this.source.length) past();
    const part = this.source.subarray(this.at, end);
    this.at = end;
    return part;
  }
}

function past(): never {
  throw new RangeError('a record runs past the end of its batch');
}

function safeOffset(offset: bigint): number {
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`offset ${offset} is beyond 2^53`);
  return Number(offset);
}

/** Type 0 in the key of the control record that ends a transaction (Kafka protocol, control batches): aborted. */
const abortType = 0;

/** To be asked for every batch in order: a transaction is aborted from its first offset to its abort marker. */
function abortedFilter(transactions: readonly AbortedTransaction[]): (batch: Batch) => boolean {
  if (transactions.length === 0) return () => false;
  const coming = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const current = new Set<bigint>();
  return (batch) => {
    for (let next = coming[0]; next !== undefined && batch.lastOffset >= next.firstOffset; next = coming[0]) {
      current.add(next.producerId);
      coming.shift();
    }
    if (!current.has(batch.producerId)) return false;
    if (batch.isControl && controlTypeOf(batch) === abortType) current.delete(batch.producerId);
    return batch.isTransactional;
  };
}

function controlTypeOf(batch: Batch): number | null {
  const reader = new Reader(batch.records);
  reader.varint();
  reader.at += 1;
  reader.varlong();
  reader.varint();
  const key = reader.bytes();
  return key === null || key.length < 4 ? null : key.readInt16BE(2);
}

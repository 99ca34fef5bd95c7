/**
 * The records of a batch as they were before compression. Synchronous: a batch is small, and a thread switch costs more.
 * Node has gzip and zstd; what foreign producers send in snappy and LZ4 is read by code of ours.
 * Holds: what comes out is bounded, whatever a few kilobytes claim to be.
 * Source: Kafka protocol, record batch attributes, bits 0 to 2.
 */
// By their namespace: the command line runs in Node.js 20 too, which has no zstd.
import * as zlib from 'node:zlib';
import { lz4Decompress } from './lz4.ts';
import { snappyDecompress } from './snappy.ts';

/**
 * Of one batch, in bytes. Producers fill batches by their size before compression, 16 KiB to 1 MiB; only those who set
 * `max.message.bytes` and their own limits far above the defaults could come near.
 */
export const decompressedBytesMax = 64 * 1_048_576;

/** @throws what the format's reader throws, or an error for a format that nobody knows, or for more than `bytesMax` */
export function decompress(format: number, records: Buffer, bytesMax = decompressedBytesMax): Buffer {
  switch (format) {
    case 0:
      return records;
    case 1:
      return withinLimit(bytesMax, (maxOutputLength) => zlib.gunzipSync(records, { maxOutputLength }));
    case 2:
      return snappyDecompress(records, bytesMax);
    case 3:
      return lz4Decompress(records, bytesMax);
    case 4:
      if (!('zstdDecompressSync' in zlib)) throw new Error('this Node.js reads no zstd: take Node.js 24');
      return withinLimit(bytesMax, (maxOutputLength) => zlib.zstdDecompressSync(records, { maxOutputLength }));
    default:
      throw new Error(`compression ${format} is not known`);
  }
}

/** Node's own words name neither the limit nor what it is of. */
function withinLimit(bytesMax: number, read: (maxOutputLength: number) => Buffer): Buffer {
  try {
    return read(bytesMax);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    throw new Error(`a compressed batch has more than ${bytesMax} bytes`, { cause: error });
  }
}

/**
 * The records of a batch as they were before compression. Synchronous: a batch is small, and a thread switch costs more.
 * Node has gzip and zstd; what foreign producers send in snappy and LZ4 is read by code of ours.
 * Source: Kafka protocol, record batch attributes, bits 0 to 2.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { lz4Decompress } from './lz4.ts';
import { snappyDecompress } from './snappy.ts';

/** @throws what the format's reader throws, or an error for a format that nobody knows */
export function decompress(format: number, records: Buffer): Buffer {
  switch (format) {
    case 0:
      return records;
    case 1:
      return gunzipSync(records);
    case 2:
      return snappyDecompress(records);
    case 3:
      return lz4Decompress(records);
    case 4:
      return zstdDecompressSync(records);
    default:
      throw new Error(`compression ${format} is not known`);
  }
}

/**
 * The records of a batch, compressed for the log: decompress.ts reads them back. Synchronous, as that is.
 * Holds: what gets no smaller is written as it is.
 * Source: Kafka protocol, record batch, attributes, bits 0 to 2. Brokers take zstd from Kafka 2.1 on (KIP-110).
 */
// By their namespace: the command line runs in Node.js 20 too, which has no zstd.
import * as zlib from 'node:zlib';

export const compressions = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

/** In the attributes of the batch. */
export const compressionFormats: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, zstd: 4 };

/** Compressing a few records takes as long as ten times as many (docs/decisions/0207). */
const bytesMin = 4_096;
/** Higher levels get these records no smaller. */
const zstdOptions = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };
const gzipOptions = { level: 1 };

/** Null when they are to be written as they are. */
export function compress(compression: Compression, records: Buffer): Buffer | null {
  if (compression === 'none' || records.length < bytesMin) return null;
  if (compression === 'zstd' && !('zstdCompressSync' in zlib)) return null;
  const made =
    compression === 'zstd' ? zlib.zstdCompressSync(records, zstdOptions) : zlib.gzipSync(records, gzipOptions);
  return made.length < records.length ? made : null;
}

/**
 * Which partition a key belongs to: as the Java client has it, so that everybody's records of one key meet.
 * Source: Kafka's BuiltInPartitioner.partitionForKey and Utils.murmur2 (Apache Kafka, clients).
 */

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** A key is a text most of the time, and short: its bytes are wanted here only, once for each record. */
const scratch = Buffer.allocUnsafeSlow(1_024);

export function partitionOfKey(key: string | Buffer, partitions: number): number {
  return (hashOf(key) & 0x7fffffff) % partitions;
}

function hashOf(key: string | Buffer): number {
  if (typeof key !== 'string') return murmur2(key);
  return key.length * 3 > scratch.length ? murmur2(Buffer.from(key)) : murmur2(scratch, scratch.write(key));
}

/** Murmur2, 32 bits, with the seed that Kafka uses. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  let hash = seed ^ length;
  let index = 0;
  for (; length - index >= 4; index += 4) {
    let word =
      at(bytes, index) | (at(bytes, index + 1) << 8) | (at(bytes, index + 2) << 16) | (at(bytes, index + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const rest = length - index;
  if (rest >= 3) hash ^= at(bytes, index + 2) << 16;
  if (rest >= 2) hash ^= at(bytes, index + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ at(bytes, index), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fetchedBatch, type AbortedTransaction, type FetchedPartition } from './fetched-batch.ts';
import { batchBytesMax, writeBatch, type BatchRecord } from '../batch/record-batch-writer.ts';

const timestampMs = 1_700_000_000_000;

interface BatchOptions {
  readonly producerId?: bigint;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly lastOffsetDelta?: number;
  readonly attributes?: number;
  readonly maxTimestampMs?: number;
}

/** A batch as a broker keeps it: ours, with what the broker or another producer would have written. */
function batch(firstOffset: number | bigint, records: readonly BatchRecord[], options: BatchOptions = {}): Buffer {
  const { producerId = -1n, isTransactional = false, isControl = false } = options;
  const buffer = Buffer.alloc(batchBytesMax(records));
  const end = writeBatch(buffer, 0, records, { id: producerId, epoch: 0, firstSequence: 0 }, timestampMs);
  buffer.writeBigInt64BE(BigInt(firstOffset), 0);
  const flags = (isTransactional ? 0x10 : 0) | (isControl ? 0x20 : 0) | (options.attributes ?? 0);
  buffer.writeInt16BE(flags, 21);
  if (options.lastOffsetDelta !== undefined) buffer.writeInt32BE(options.lastOffsetDelta, 23);
  if (options.maxTimestampMs !== undefined) buffer.writeBigInt64BE(BigInt(options.maxTimestampMs), 35);
  return buffer.subarray(0, end);
}

function plain(...values: string[]): BatchRecord[] {
  return values.map((value) => ({ key: null, value: Buffer.from(value) }));
}

function compressed(format: number, compress: (records: Buffer) => Buffer): Buffer {
  const whole = batch(0, plain('a', 'b'), { attributes: format });
  const smaller = Buffer.concat([whole.subarray(0, 61), compress(whole.subarray(61))]);
  smaller.writeInt32BE(smaller.length - 12, 8);
  return smaller;
}

function marker(firstOffset: number, producerId: bigint, type: 0 | 1): Buffer {
  const key = Buffer.from([0, 0, 0, type]);
  return batch(firstOffset, [{ key, value: Buffer.alloc(6) }], { producerId, isTransactional: true, isControl: true });
}

function inTransaction(offset: number, producerId: bigint): Buffer {
  return batch(offset, plain('x'), { producerId, isTransactional: true });
}

function fetched(batches: readonly Buffer[], abortedTransactions: AbortedTransaction[] = []): FetchedPartition {
  return { partition: 3, errorCode: 0, highWatermark: 100, abortedTransactions, batches: Buffer.concat(batches) };
}

function offsets(partition: FetchedPartition, asked = 0, bytesMax?: number) {
  const { records, nextOffset } = fetchedBatch('t', asked, partition, bytesMax);
  return { offsets: records.map(({ offset }) => offset), nextOffset };
}

/** Of zeros; made once, since its checksum is not read. */
function expanding(bytes: number): (firstOffset: number) => Buffer {
  const whole = batch(0, [{ key: null, value: Buffer.alloc(bytes) }], { attributes: 4 });
  const smaller = Buffer.concat([whole.subarray(0, 61), zstdCompressSync(whole.subarray(61))]);
  smaller.writeInt32BE(smaller.length - 12, 8);
  return (firstOffset) => {
    const moved = Buffer.from(smaller);
    moved.writeBigInt64BE(BigInt(firstOffset), 0);
    return moved;
  };
}

describe('batches that are small only while they are compressed', () => {
  test('are read up to a bound, and the rest is fetched again', () => {
    const batches = [0, 1, 2, 3, 4, 5].map(expanding(30_000));
    expect(offsets(fetched(batches), 0, 64_000)).toEqual({ offsets: [0, 1, 2], nextOffset: 3 });
    expect(offsets(fetched(batches.slice(3)), 3, 64_000)).toEqual({ offsets: [3, 4, 5], nextOffset: 6 });
  });

  test('are refused when one of them is over it', () => {
    expect(() => offsets(fetched([expanding(65_000)(0)]), 0, 64_000)).toThrow('more than 64000 bytes');
  });

  test('are refused when they claim more records than any batch has', () => {
    const many = batch(0, plain('a'));
    many.writeInt32BE(500_001, 57);
    expect(() => offsets(fetched([many]))).toThrow('500001 records');
  });
});

test('a record with a length below zero is refused, not read for ever', () => {
  const whole = batch(0, plain('a'));
  whole[61] = 1;
  expect(() => offsets(fetched([whole]))).toThrow('past the end');
});

describe('a fetched batch', () => {
  test('has the records in our form', () => {
    const headers = { one: Buffer.from('1'), two: 'zwei' };
    const record = { key: 'k', value: Buffer.from('v'), headers };
    expect(fetchedBatch('t', 5, fetched([batch(5, [record, { key: null, value: null }])]))).toEqual({
      fetchedOffset: 5,
      nextOffset: 7,
      highWatermark: 100,
      records: [
        {
          topic: 't',
          partition: 3,
          offset: 5,
          timestampMs,
          key: Buffer.from('k'),
          value: Buffer.from('v'),
          headers: { one: Buffer.from('1'), two: Buffer.from('zwei') },
        },
        { topic: 't', partition: 3, offset: 6, timestampMs, key: null, value: null, headers: {} },
      ],
    });
  });

  test('gives back whatever was written', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    const record = fc.record({
      key: fc.option(part),
      value: fc.option(fc.uint8Array({ maxLength: 20_000 }).map((bytes) => Buffer.from(bytes))),
      headers: fc.dictionary(fc.string({ minLength: 1 }), part, { maxKeys: 4 }),
    });
    const bytesOf = (given: string | Buffer | null) => (given === null ? null : Buffer.from(given));
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 200 }), (records) => {
        const read = fetchedBatch('t', 0, fetched([batch(0, records)])).records;
        expect(read.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(
          records.map(({ key, value, headers }) => ({
            key: bytesOf(key),
            value,
            headers: Object.fromEntries(Object.entries(headers).map(([name, given]) => [name, bytesOf(given)])),
          })),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('of nothing stays where it is', () => {
    expect(offsets({ ...fetched([]), batches: null }, 7)).toEqual({ offsets: [], nextOffset: 7 });
  });

  test('begins where it was asked for, though a whole batch of the log came', () => {
    expect(offsets(fetched([batch(4, plain('a', 'b', 'c'))]), 6)).toEqual({ offsets: [6], nextOffset: 7 });
  });

  test('ends before a batch that is cut', () => {
    const [first, second] = [batch(0, plain('a')), batch(1, plain('b'))];
    for (const cut of [second.length - 1, 61, 60, 11, 1]) {
      expect(offsets(fetched([first, second.subarray(0, cut)]))).toEqual({ offsets: [0], nextOffset: 1 });
    }
  });

  test('passes what compaction took from the end of a batch', () => {
    const kept = batch(10, plain('a'), { lastOffsetDelta: 89 });
    expect(offsets(fetched([kept]), 10)).toEqual({ offsets: [10], nextOffset: 100 });
    expect(offsets(fetched([kept]), 50)).toEqual({ offsets: [], nextOffset: 100 });
  });

  test('has the time that the broker gave, when it gives them', () => {
    const stamped = batch(0, plain('a'), { attributes: 0x08, maxTimestampMs: timestampMs + 5 });
    expect(fetchedBatch('t', 0, fetched([stamped])).records[0]?.timestampMs).toBe(timestampMs + 5);
  });

  test.each([
    ['gzip', 1, gzipSync],
    ['zstd', 4, zstdCompressSync],
  ] as const)('compressed with %s is read', (_, format, compress) => {
    const values = fetchedBatch('t', 0, fetched([compressed(format, compress)])).records.map(({ value }) => value);
    expect(values).toEqual([Buffer.from('a'), Buffer.from('b')]);
  });

  test('refuses offsets that a number cannot hold, formats that it does not know, and records past the end', () => {
    expect(() => offsets(fetched([batch(2n ** 53n, plain('a'))]))).toThrow('beyond 2^53');
    const old = Buffer.from(batch(0, plain('a')));
    old[16] = 1;
    expect(() => offsets(fetched([old]))).toThrow('message format 1');
    expect(() => offsets(fetched([batch(0, plain('a'), { attributes: 7 })]))).toThrow('compression 7');
    const broken = Buffer.from(batch(0, plain('a')));
    broken.writeInt32BE(2, 57);
    expect(() => offsets(fetched([broken]))).toThrow(RangeError);
  });

  test('leaves out what transactions aborted, and every marker', () => {
    const batches = [
      inTransaction(0, 7n),
      batch(1, plain('x')),
      inTransaction(2, 8n),
      marker(3, 7n, 0),
      inTransaction(4, 7n),
      marker(5, 8n, 1),
      marker(6, 7n, 1),
      inTransaction(7, 7n),
      marker(8, 7n, 0),
    ];
    const aborted = [
      { producerId: 7n, firstOffset: 7 },
      { producerId: 7n, firstOffset: 0 },
    ];
    expect(offsets(fetched(batches, aborted))).toEqual({ offsets: [1, 2, 4], nextOffset: 9 });
  });

  test('knows a transaction that was aborted before the offset that was asked for', () => {
    const batches = [inTransaction(5, 7n), marker(6, 7n, 0), inTransaction(7, 7n)];
    expect(offsets(fetched(batches, [{ producerId: 7n, firstOffset: 1 }]), 5)).toEqual({ offsets: [7], nextOffset: 8 });
  });
});

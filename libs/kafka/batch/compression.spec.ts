/** Batches that are compressed, as they are read back. */
import { expect, test } from '@jest/globals';
import { compressionFormats, compressions, type Compression } from './compression.ts';
import { fetchedBatch } from '../fetch/fetched-batch.ts';
import { batchBytesMax, writeBatch, type BatchRecord } from './record-batch-writer.ts';

const producer = { id: 7n, epoch: 1, firstSequence: 2 };
const attributesAt = 21;

function written(records: readonly BatchRecord[], compression: Compression): Buffer {
  const target = Buffer.alloc(batchBytesMax(records) + 10, 0xff);
  const end = writeBatch(target, 3, records, producer, 1_700_000_000_000, compression);
  // Nothing is written beyond where the batch ends, as far as the next one goes.
  return target.subarray(3, end);
}

function recordsOf(count: number): readonly BatchRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `webhook-${index % 3}`,
    value: index === 5 ? null : Buffer.from(JSON.stringify({ index, text: 'the same in all of them '.repeat(8) })),
    headers: index % 2 === 0 ? undefined : { kind: 'ping' },
  }));
}

test.each(compressions)('#19 a batch written with %s is read as it was', (compression) => {
  const records = recordsOf(40);
  const batches = written(records, compression);
  const fetched = { partition: 0, errorCode: 0, highWatermark: 40, abortedTransactions: [], batches };
  const read = fetchedBatch('t', 0, fetched);
  expect(read.records.map(({ key, value, headers }) => [key?.toString(), value, Object.keys(headers)])).toEqual(
    records.map(({ key, value, headers }) => [key, value, Object.keys(headers ?? {})]),
  );
  expect(read.nextOffset).toBe(40);
  expect(batches.readInt16BE(attributesAt)).toBe(compressionFormats[compression]);
  const plain = written(records, 'none');
  if (compression !== 'none') expect(batches.length).toBeLessThan(plain.length / 4);
});

test.each(compressions)('#19 what gets no smaller by %s, or is short, is written as it is', (compression) => {
  const random = Buffer.alloc(8_000);
  for (let index = 0, state = 1; index < random.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    random[index] = state >>> 16;
  }
  for (const records of [[{ key: 'k', value: Buffer.from('short '.repeat(600)) }], [{ key: 'k', value: random }]]) {
    expect(written(records, compression).equals(written(records, 'none'))).toBe(true);
  }
});

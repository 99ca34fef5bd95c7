import { describe, expect, test } from '@jest/globals';
import { fetchedBatch, type FetchedMessage, type FetchedPartition } from './fetched-batch.ts';

const abort = Buffer.from([0, 0, 0, 0]);
const commit = Buffer.from([0, 0, 0, 1]);

function message(offset: number, more: Partial<FetchedMessage> = {}): FetchedMessage {
  return {
    offset: String(offset),
    timestamp: '1700000000000',
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    batchContext: { firstOffset: String(offset), lastOffsetDelta: 0, producerId: '-1', inTransaction: false },
    ...more,
  };
}

function inTransaction(offset: number, producerId: string, control: Buffer | null = null): FetchedMessage {
  return message(offset, {
    key: control,
    isControlRecord: control !== null,
    batchContext: { firstOffset: String(offset), lastOffsetDelta: 0, producerId, inTransaction: true },
  });
}

function fetched(messages: FetchedMessage[], more: Partial<FetchedPartition> = {}): FetchedPartition {
  return { partition: 3, highWatermark: '100', abortedTransactions: [], messages, ...more };
}

function offsets(partition: FetchedPartition, asked = 0) {
  const { records, nextOffset } = fetchedBatch('t', asked, partition);
  return { offsets: records.map(({ offset }) => offset), nextOffset };
}

describe('a fetched batch', () => {
  test('has the records in our form', () => {
    const headers = { one: Buffer.from('1'), twice: [Buffer.from('a'), Buffer.from('b')], none: null };
    const value = Buffer.from('v');
    expect(fetchedBatch('t', 5, fetched([message(5, { key: Buffer.from('k'), value, headers })]))).toEqual({
      fetchedOffset: 5,
      nextOffset: 6,
      highWatermark: 100,
      records: [
        {
          topic: 't',
          partition: 3,
          offset: 5,
          timestampMs: 1_700_000_000_000,
          key: Buffer.from('k'),
          value,
          headers: { one: Buffer.from('1'), twice: Buffer.from('b') },
        },
      ],
    });
  });

  test('of nothing stays where it is', () => {
    expect(offsets(fetched([]), 7)).toEqual({ offsets: [], nextOffset: 7 });
  });

  test('begins where it was asked for, though a whole batch of the log came', () => {
    expect(offsets(fetched([message(4), message(5), message(6)]), 6)).toEqual({ offsets: [6], nextOffset: 7 });
  });

  test('passes what compaction took from the end of a batch', () => {
    const batchContext = { firstOffset: '10', lastOffsetDelta: 89, producerId: '-1', inTransaction: false };
    expect(offsets(fetched([message(12, { batchContext })]), 10)).toEqual({ offsets: [12], nextOffset: 100 });
    expect(offsets(fetched([message(12, { batchContext })]), 50)).toEqual({ offsets: [], nextOffset: 100 });
  });

  test('refuses offsets that a number cannot hold', () => {
    expect(() => offsets(fetched([message(0, { offset: '9007199254740993' })]))).toThrow('beyond 2^53');
  });

  test('leaves out what transactions aborted, and every marker', () => {
    const messages = [
      inTransaction(0, '7'),
      message(1),
      inTransaction(2, '8'),
      inTransaction(3, '7', abort),
      inTransaction(4, '7'),
      inTransaction(5, '8', commit),
      inTransaction(6, '7', commit),
      inTransaction(7, '7'),
      inTransaction(8, '7', abort),
    ];
    const abortedTransactions = [
      { producerId: '7', firstOffset: '7' },
      { producerId: '7', firstOffset: '0' },
    ];
    expect(offsets(fetched(messages, { abortedTransactions }))).toEqual({ offsets: [1, 2, 4], nextOffset: 9 });
  });

  test('knows a transaction that was aborted before the offset that was asked for', () => {
    const messages = [inTransaction(5, '7'), inTransaction(6, '7', abort), inTransaction(7, '7')];
    const abortedTransactions = [{ producerId: '7', firstOffset: '1' }];
    expect(offsets(fetched(messages, { abortedTransactions }), 5)).toEqual({ offsets: [7], nextOffset: 8 });
  });

  test('takes messages of the format before Kafka 0.11', () => {
    const { batchContext: _, ...old } = message(3);
    expect(offsets(fetched([old], { abortedTransactions: null }))).toEqual({ offsets: [3], nextOffset: 4 });
  });
});

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createLogger } from '../../runtime/logger.ts';
import { AvroCodec } from '../../wire/avro-codec.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';
import { LiveTables } from './live-tables.ts';
import type { KafkaRecord } from '../record.ts';

const schema = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] };
const logger = createLogger('test', 'silent');
let isMissing = true;
const source = { schemaById: () => Promise.resolve(isMissing ? null : schema) };
const ours = new AvroCodec<{ a: string }>(schema, 1, source);
const theirs = new AvroCodec<{ a: string }>(schema, 2, source);

function record(key: string, value: Buffer | null, offset = 0): KafkaRecord {
  return { topic: 't', partition: 0, offset, timestampMs: 0, key: Buffer.from(key), value, headers: {} };
}

function tablesOf(records: readonly KafkaRecord[]) {
  const rows = new Map<string, string>();
  const codec = new AvroCodec<{ a: string }>(schema, 1, source, () => Date.now());
  let hand: (record: KafkaRecord) => void = () => undefined;
  const table = {
    topic: 't',
    codec,
    size: () => rows.size,
    apply: (key: string, value: Buffer | null) => {
      const row = value === null ? null : codec.decode(value);
      if (row === null) rows.delete(key);
      else rows.set(key, row.a);
    },
  };
  const client = { link: () => ({ close: () => Promise.resolve() }) } as unknown as KafkaClient;
  const tables = new LiveTables(client, [table], logger, (onRecord) => {
    hand = onRecord;
    return {
      start: () => {
        records.forEach(onRecord);
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
      problem: () => null,
      reading: () => [],
      get silentMs() {
        return silentMs;
      },
    };
  });
  const take = (next: KafkaRecord) => {
    hand(next);
  };
  return { tables, rows, take };
}

let silentMs = 0;

beforeEach(() => {
  silentMs = 0;
  isMissing = true;
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test('a table is not ready while a record of it cannot be read, and goes on when it can be', async () => {
  const { tables, rows } = tablesOf([
    record('w1', theirs.encode({ a: 'one' })),
    record('w2', ours.encode({ a: 'two' })),
  ]);
  let isStarted = false;
  const started = tables.start().then(() => (isStarted = true));
  await jest.advanceTimersByTimeAsync(60_000);
  expect(isStarted).toBe(false);
  expect(tables.problem()).toContain('w1');
  expect([...rows.keys()]).toEqual(['w2']);
  isMissing = false;
  await jest.advanceTimersByTimeAsync(35_000);
  await started;
  expect(rows).toEqual(
    new Map([
      ['w2', 'two'],
      ['w1', 'one'],
    ]),
  );
  expect(tables.problem()).toBeNull();
  await tables.stop();
});

test.each<[string, Buffer | null, string | undefined]>([
  ['a newer record', ours.encode({ a: 'newer' }), 'newer'],
  ['a tombstone', null, undefined],
])('%s of its key makes up for one that cannot be read', async (_what, value, row) => {
  const { tables, rows, take } = tablesOf([record('w1', ours.encode({ a: 'one' }))]);
  await tables.start();
  take(record('w1', Buffer.from('damaged'), 1));
  // What was known goes on until then.
  expect(rows.get('w1')).toBe('one');
  expect(tables.problem()).toContain('w1');
  take(record('w1', value, 2));
  expect(rows.get('w1')).toBe(row);
  expect(tables.problem()).toBeNull();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(rows.get('w1')).toBe(row);
  await tables.stop();
});

test('tables are current while the brokers answer, and all of theirs can be read', async () => {
  const { tables, take } = tablesOf([]);
  expect(tables.isCurrent()).toBe(false);
  await tables.start();
  expect(tables.isCurrent()).toBe(true);
  silentMs = 2_001;
  expect(tables.isCurrent()).toBe(false);
  expect(tables.problem()).toBeNull();
  // Whoever waits for them for so long says why.
  silentMs = 3_500;
  expect(tables.problem()).toBe('t: no broker has answered for 4 s');
  silentMs = 0;
  take(record('w1', theirs.encode({ a: 'one' })));
  expect(tables.isCurrent()).toBe(false);
  await tables.stop();
});

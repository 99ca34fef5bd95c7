import { describe, expect, test } from '@jest/globals';
import { recordName, SettledRecords } from './settled-records.ts';

const main = { topicId: 'a'.repeat(32), partition: 3 };
const parked = { topicId: 'b'.repeat(32), partition: 3 };
const record = (offset: number, timestampMs: number) => ({
  ...{ topic: 't', partition: 3, offset, timestampMs },
  ...{ key: null, value: null, headers: {} },
});

function settled(...names: readonly (string | null)[]): SettledRecords {
  const records = new SettledRecords();
  for (const name of names) records.add(name ?? '', 1_000);
  return records;
}

describe('a record is settled', () => {
  test('when an outcome names it', () => {
    const before = settled(recordName(main, 7, 500), recordName(parked, 9, 600)).of(main, parked);
    expect(before.hasMain(record(7, 500))).toBe(true);
    expect(before.hasMain(record(9, 600))).toBe(false);
    expect(before.hasParked(record(9, 600), null)).toBe(true);
    expect(before.hasParked(record(7, 500), null)).toBe(false);
  });

  test('when it is the copy of a head that came to its end behind it', () => {
    const before = settled(recordName(main, 7, 500)).of(main, parked);
    expect(before.hasParked(record(1, 900), 7)).toBe(true);
    expect(before.hasParked(record(1, 1_001), 7)).toBe(false);
    expect(before.hasParked(record(1, 900), 8)).toBe(false);
  });
});

describe('a record is not settled', () => {
  test('that was written at the offset of one that was lost', () => {
    expect(
      settled(recordName(main, 7, 500))
        .of(main, parked)
        .hasMain(record(7, 501)),
    ).toBe(false);
  });

  test('of another partition, or of a topic that was made anew', () => {
    const records = settled(recordName(main, 7, 500));
    for (const other of [
      { ...main, partition: 30 },
      { ...main, topicId: 'c'.repeat(32) },
      { ...main, topicId: null },
    ]) {
      expect(records.of(other, parked).hasMain(record(7, 500))).toBe(false);
    }
  });

  test.each(['', ':', 'a:3', 'a:3:x:1', 'a:3:7', `${'9'.repeat(400)}:1:2:3:4`, 'a:3:7:5 '])(
    'by what is no name: %p',
    (name) => {
      expect(settled(name).size).toBe(0);
    },
  );
});

test('a cluster without ids of topics has no names', () => {
  expect(recordName({ topicId: null, partition: 3 }, 7, 500)).toBeNull();
});

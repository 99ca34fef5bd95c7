import { describe, expect, test } from '@jest/globals';
import { recordName, SettledRecords } from './settled-records.ts';

const log = { topicId: 'a'.repeat(32), partition: 3 };

function settled(...names: readonly (string | null)[]): SettledRecords {
  const records = new SettledRecords();
  for (const name of names) records.add(Buffer.from(name ?? ''));
  return records;
}

test('a record is settled when an outcome names it', () => {
  const records = settled(recordName(log, 7, 500), recordName(log, 9, 600));
  expect(records.size).toBe(2);
  expect(records.has(recordName(log, 7, 500))).toBe(true);
  expect(records.has(recordName(log, 8, 500))).toBe(false);
});

describe('a record is not settled', () => {
  test.each([
    ['that was written at the offset of one that was lost', log, 501],
    ['of another partition', { ...log, partition: 30 }, 500],
    ['of a topic that was made anew', { ...log, topicId: 'c'.repeat(32) }, 500],
    ['of a cluster without ids of topics', { ...log, topicId: null }, 500],
  ])('%s', (_, other, writtenAt) => {
    expect(settled(recordName(log, 7, 500)).has(recordName(other, 7, writtenAt))).toBe(false);
  });

  test('by what is too long to be a name', () => {
    expect(settled('9'.repeat(400)).size).toBe(0);
  });
});

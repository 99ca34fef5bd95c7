import { expect, test } from '@jest/globals';
import type { PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { Unread } from './unread.ts';

function leaseOf(partition: number) {
  const lease = { topic: 'tier', partition, isHeld: true };
  return { state: lease, lease: lease as unknown as PartitionLease };
}

function batch(lease: PartitionLease, nextOffset: number, highWatermark: number): RecordBatch {
  return { lease, records: [], fetchedOffset: 0, nextOffset, highWatermark };
}

test('what lies behind is overdue one tier delay after it was seen, until it is read', () => {
  const unread = new Unread();
  const [one, other] = [leaseOf(1), leaseOf(2)];
  unread.read(batch(one.lease, 10, 10), 30_000);
  expect(unread.overdueMs(100_000)).toBe(0);
  unread.read(batch(one.lease, 20, 21), 130_000);
  unread.read(batch(other.lease, 20, 25), 140_000);
  expect(unread.overdueMs(130_000)).toBe(0);
  expect(unread.overdueMs(150_000)).toBe(20_000);
  unread.read(batch(one.lease, 21, 21), 180_000);
  expect(unread.overdueMs(150_000)).toBe(10_000);
});

test('a partition that is given up or lost is no longer counted', () => {
  const unread = new Unread();
  const [one, other] = [leaseOf(1), leaseOf(2)];
  unread.read(batch(one.lease, 1, 2), 5_000);
  unread.read(batch(other.lease, 1, 2), 6_000);
  unread.released(one.lease);
  expect(unread.overdueMs(10_000)).toBe(4_000);
  other.state.isHeld = false;
  expect(unread.overdueMs(10_000)).toBe(0);
});

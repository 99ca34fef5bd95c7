import { expect, test } from '@jest/globals';
import { Lease } from './lease.ts';
import { PastStays } from './past-stays.ts';

function lease(committed: number | null, endOffset = 100): Lease {
  return new Lease({
    topic: 't',
    partition: 0,
    epoch: 1,
    keeps: 'completed',
    committed: committed === null ? null : { offset: committed, metadata: '' },
    startOffset: 0,
    endOffset,
    wake: () => undefined,
  });
}

function fetched(from: number, to: number) {
  const records = Array.from({ length: to - from }, (_, index) => {
    return { topic: 't', partition: 0, offset: from + index, timestampMs: 0, key: null, value: null, headers: {} };
  });
  return { records, fetchedOffset: from, nextOffset: to, highWatermark: 100 };
}

/** Reads 10 to 19, completes some, and is given up without a commit. */
function ended(completed: readonly number[]): { past: PastStays; old: Lease } {
  const old = lease(10);
  old.take(fetched(10, 20));
  for (const offset of completed) old.complete(offset);
  old.fence();
  const past = new PastStays(() => 0);
  past.ended([old]);
  return { past, old };
}

function readAgain(past: PastStays, next: Lease): number[] {
  past.begins(next);
  const { position } = next;
  return next.take(fetched(position.next, 20))?.records.map(({ offset }) => offset) ?? [];
}

test('a partition that comes back with an unmoved offset goes on where it was', () => {
  const { past } = ended([10, 11, 14]);
  const next = lease(10);
  expect(readAgain(past, next)).toEqual([12, 13, 15, 16, 17, 18, 19]);
  expect(next.toCommit()?.commit.offset).toBe(12);
});

test('what ends after the fence is remembered, and not committed', () => {
  const { past, old } = ended([10]);
  old.complete(11);
  expect(old.toCommit()).toBeNull();
  expect(readAgain(past, lease(10))).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
});

test('another member went on: only what lies above its commit matters', () => {
  const { past } = ended([10, 11, 14]);
  expect(readAgain(past, lease(13))).toEqual([13, 15, 16, 17, 18, 19]);
});

test('a commit below where the stay began says nothing of what this process never had', () => {
  const { past } = ended([10]);
  expect(readAgain(past, lease(8))).toEqual([8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test.each([
  ['a log that is shorter than what was read', 10, 15],
  ['a group that has no commit', null, 100],
])('%s is another log: nothing is remembered of it', (_, committed, endOffset) => {
  const { past } = ended([10, 11, 14]);
  const next = lease(committed, endOffset);
  expect(past.begins(next)).toBe(0);
});

test('it is remembered once, for five minutes', () => {
  let nowMs = 0;
  const past = new PastStays(() => nowMs);
  const old = lease(10);
  old.take(fetched(10, 20));
  old.complete(10);
  past.ended([old]);
  expect(past.readTo({ topic: 't', partition: 0 })).toBe(20);
  expect(past.readTo({ topic: 't', partition: 1 })).toBe(0);
  expect(past.begins(lease(10))).toBe(1);
  expect(past.begins(lease(10))).toBe(0);
  past.ended([old]);
  nowMs = 300_001;
  expect(past.readTo({ topic: 't', partition: 0 })).toBe(0);
  expect(past.begins(lease(10))).toBe(0);
});

test.each([
  ['behind', 10, 30, 100, 30],
  ['ahead', 200, 0, 100, 0],
] as const)(
  'a committed offset that lies %s: reading begins at the first record',
  (reason, asked, start, end, next) => {
    const { lost, position } = new Lease({
      topic: 't',
      partition: 0,
      epoch: 1,
      keeps: 'completed',
      committed: { offset: asked, metadata: '' },
      startOffset: start,
      endOffset: end,
      wake: () => undefined,
    });
    expect(lost).toEqual({ reason, asked, next });
    expect(position.next).toBe(next);
  },
);

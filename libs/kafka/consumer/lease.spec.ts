import { expect, test } from '@jest/globals';
import { canSpeakOf, offsetsCovered, spreadMax } from './completed-offsets.ts';
import type { FetchedBatch } from '../fetch/fetched-batch.ts';
import type { CommittedOffset } from './group-member.ts';
import { Lease } from './lease.ts';
import { PastStays } from './past-stays.ts';

const logEnd = 2_000_000;

function lease(committed: CommittedOffset = { offset: 0, metadata: '' }): Lease {
  return new Lease({
    topic: 't',
    partition: 0,
    epoch: 1,
    keeps: 'completed',
    committed,
    startOffset: 0,
    endOffset: logEnd,
    wake: () => undefined,
  });
}

/** @param every of a log that was compacted */
function fetched(from: number, to: number, every = 1): FetchedBatch {
  const records = Array.from({ length: (to - from) / every }, (_, index) => {
    const offset = from + index * every;
    return { topic: 't', partition: 0, offset, timestampMs: 0, key: null, value: null, headers: {} };
  });
  return { records, fetchedOffset: from, nextOffset: to, highWatermark: logEnd };
}

/** As the fetch loop does, until `end` or until it is paused. @returns what was handed out, and is not completed at once */
function read(one: Lease, end: number, isLate: (offset: number) => boolean): number[] {
  const late: number[] = [];
  while (one.position.next < end && !one.position.isPaused) {
    const from = one.position.next;
    const to = Math.min(from + 500, end);
    one.position.next = to;
    for (const { offset } of one.take(fetched(from, to))?.records ?? []) {
      if (isLate(offset)) late.push(offset);
      else one.complete(offset);
    }
  }
  return late;
}

function committedBy(one: Lease): CommittedOffset {
  return one.toCommit()?.commit ?? { offset: -1, metadata: '' };
}

test('one record that takes long stops nothing, and after a crash it is the only one that is handed out', () => {
  const before = lease();
  expect(read(before, 300_000, (offset) => offset === 0)).toEqual([0]);
  expect(before.position).toMatchObject({ next: 300_000, isPaused: false });
  const commit = committedBy(before);
  expect(commit).toMatchObject({ offset: 0, metadata: expect.stringMatching(/^c2:.{8}$/) });
  const after = lease(commit);
  expect(read(after, 300_000, () => true)).toEqual([0]);
  after.complete(0);
  expect(committedBy(after)).toEqual({ offset: 300_000, metadata: '' });
});

test('the commit is as versions before wrote it, as long as it reaches 23,976 offsets', () => {
  const one = lease();
  read(one, offsetsCovered, (offset) => offset % 1_000 === 0);
  expect(committedBy(one).metadata.slice(0, 3)).toBe('c1:');
  read(one, offsetsCovered + 1, () => false);
  expect(committedBy(one).metadata.slice(0, 3)).toBe('c2:');
});

test('nothing is handed out that a commit might not be able to speak of', () => {
  const one = lease();
  // Within the reach of a bitset anything goes, behind it what may come in few pieces.
  const late = read(one, logEnd, (offset) => offset < 5_000 || offset % 100 === 0);
  expect(one.position).toMatchObject({ next: offsetsCovered, isPaused: true });
  for (const offset of late.filter((each) => each % 100 !== 0)) one.complete(offset);
  expect(one.position.isPaused).toBe(false);
  read(one, logEnd, (offset) => offset % 100 === 0);
  const { next } = one.position;
  const open = one.incomplete;
  expect(one.position.isPaused).toBe(true);
  expect([canSpeakOf(open, open, next), canSpeakOf(open, open, next, 0.75)]).toEqual([true, false]);
  const again = read(lease(committedBy(one)), next, () => true);
  expect(again).toEqual(Array.from({ length: open }, (_, index) => index * 100));
  // It is read on when a quarter of what can be said is free, not with each that is complete.
  let completed = 0;
  for (; one.position.isPaused; completed += 1) one.complete((open - 1 - completed) * 100);
  expect(completed).toBeGreaterThan(50);
  expect(completed).toBeLessThan(open / 2);
});

test('a million offsets behind one that takes long it stops', () => {
  const one = lease();
  for (let from = 0; !one.position.isPaused; from += 25_000) {
    for (const { offset } of one.take(fetched(from, from + 25_000, 100))?.records ?? []) {
      if (offset !== 0) one.complete(offset);
    }
  }
  expect(one.position.next).toBe(spreadMax);
  one.complete(0);
  expect(one.position.isPaused).toBe(false);
  expect(committedBy(one)).toEqual({ offset: spreadMax, metadata: '' });
});

test('a partition that comes back to the same process goes on where it was, however far that is', () => {
  const before = lease();
  read(before, 200_000, (offset) => offset % 1_000 === 0);
  before.fence();
  before.complete(3_000);
  const past = new PastStays(() => 0);
  past.ended([before]);
  const after = lease();
  expect(past.begins(after)).toBe(200_000 - 199);
  const expected = Array.from({ length: 200 }, (_, index) => index * 1_000).filter((offset) => offset !== 3_000);
  expect(read(after, 200_000, () => true)).toEqual(expected);
});

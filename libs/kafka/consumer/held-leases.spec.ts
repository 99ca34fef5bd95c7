import { expect, test } from '@jest/globals';
import { HeldLeases } from './held-leases.ts';
import { Lease } from './lease.ts';
import { PastStays } from './past-stays.ts';

function lease(committed: number, endOffset: number): Lease {
  return new Lease({
    topic: 't',
    partition: 0,
    epoch: 1,
    keeps: 'completed',
    committed: { offset: committed, metadata: '' },
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

/** Reads 3 to 9; then the log begins at `next`. */
function restarted(next: number) {
  const held = new HeldLeases();
  const stay = lease(3, 10);
  held.replace([stay]);
  const batch = held.take(stay.position, fetched(3, 10));
  stay.position.next = next;
  return { stay, batch, restart: held.restart(stay.position, 10) };
}

test('a log that ends before what was read is read by a new stay: no work of before completes a record of it', () => {
  const { stay, batch, restart } = restarted(0);
  expect(restart).toMatchObject({ lost: { reason: 'ahead', asked: 10, next: 0 }, isOver: true });
  // Where the new stay begins is in the last commit of this one.
  expect(stay.toCommit()?.commit).toEqual({ offset: 0, metadata: '' });
  const past = new PastStays(() => 0);
  past.ended([stay]);
  const next = lease(0, 10);
  expect(past.begins(next)).toBe(0);
  next.take(fetched(0, 10));
  for (const { offset } of batch?.records ?? []) stay.complete(offset);
  expect(next.incomplete).toBe(10);
});

test('records that were deleted before they were read end no stay', () => {
  const { stay, restart } = restarted(30);
  expect(restart).toMatchObject({ lost: { reason: 'behind', asked: 10, next: 30 }, isOver: false });
  stay.complete(5);
  expect(stay.toCommit()?.commit.offset).toBe(30);
});

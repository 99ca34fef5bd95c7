import { expect, test } from '@jest/globals';
import { PendingAppends, type QueuedRecord } from './pending-append.ts';

const answer = { resolve: () => undefined, reject: () => undefined, onSettled: () => undefined, isPatient: false };

test('an append that stays open keeps none of those that were answered in memory', () => {
  const pending = new PendingAppends(() => 0);
  pending.begin(1, 1, answer);
  for (let count = 0; count < 100; count += 1) {
    const append = pending.begin(1, 1, answer);
    pending.acknowledge([{ bytes: 1, append, index: 0 } as unknown as QueuedRecord]);
  }
  expect(pending['appends'].size).toBe(1);
  expect(pending.waiting).toEqual({ records: 1, bytes: 1 });
});

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Logger } from '../../runtime/logger.ts';
import { Committer } from './committer.ts';
import type { GroupMember } from './group-member.ts';
import { Lease } from './lease.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** A committer of one partition, whose records are complete in order. */
function committing(recordsMax: number, answer: () => Promise<string> = () => Promise.resolve('ok')) {
  const commits: { readonly offset: number; readonly afterMs: number }[] = [];
  const startedAt = Date.now();
  const member = {
    commit: (offsets: readonly { offset: number }[]) => {
      commits.push({ offset: offsets[0]?.offset ?? -1, afterMs: Date.now() - startedAt });
      return answer();
    },
  } as unknown as GroupMember;
  const hooks = { leases: () => [lease], rejoin: () => undefined };
  const committer = new Committer(member, hooks, silent, recordsMax);
  const lease = new Lease({
    topic: 't',
    partition: 0,
    epoch: 1,
    keeps: 'completed',
    committed: null,
    startOffset: 0,
    endOffset: 0,
    wake: () => undefined,
    completed: () => {
      committer.recordCompleted();
    },
  });
  let next = 0;
  const complete = (count: number) => {
    for (const end = next + count; next < end; next += 1) {
      const record = { topic: 't', partition: 0, offset: next, timestampMs: 0, key: null, value: null, headers: {} };
      lease.take({ records: [record], fetchedOffset: next, nextOffset: next + 1, highWatermark: next + 1 });
      lease.complete(next);
    }
  };
  committer.start();
  return { commits, committer, complete };
}

test('what completes is committed every 250 ms, and not when nothing changed', async () => {
  const { commits, committer, complete } = committing(10);
  complete(9);
  await jest.advanceTimersByTimeAsync(249);
  expect(commits).toEqual([]);
  await jest.advanceTimersByTimeAsync(500);
  expect(commits).toEqual([{ offset: 9, afterMs: 250 }]);
  committer.stop();
});

test('many completed records are committed at once, 25 ms after the commit before at the soonest', async () => {
  const { commits, committer, complete } = committing(10);
  await jest.advanceTimersByTimeAsync(100);
  complete(10);
  await jest.advanceTimersByTimeAsync(1);
  expect(commits).toEqual([{ offset: 10, afterMs: 100 }]);
  complete(30);
  await jest.advanceTimersByTimeAsync(23);
  expect(commits).toHaveLength(1);
  complete(5);
  await jest.advanceTimersByTimeAsync(1);
  expect(commits[1]).toEqual({ offset: 45, afterMs: 125 });
  committer.stop();
  complete(50);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(commits).toHaveLength(2);
});

test('progress that no commit speaks of grows older until one is acknowledged', async () => {
  let answer: () => Promise<string> = () => Promise.reject(new Error('no coordinator'));
  const { committer, complete } = committing(Infinity, () => answer());
  complete(1);
  await jest.advanceTimersByTimeAsync(249);
  expect(committer.oldestMs).toBe(0);
  // Due after 250 ms, and failing from then on.
  await jest.advanceTimersByTimeAsync(1_001);
  complete(1);
  expect(committer.oldestMs).toBe(1_000);
  answer = () => new Promise(() => undefined);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(committer.oldestMs).toBe(2_000);
  committer.stop();
});

test('a commit that is acknowledged leaves nothing that waits', async () => {
  let isAnswering = false;
  const { committer, complete } = committing(Infinity, () =>
    isAnswering ? Promise.resolve('ok') : Promise.reject(new Error('no coordinator')),
  );
  complete(1);
  await jest.advanceTimersByTimeAsync(1_250);
  isAnswering = true;
  await jest.advanceTimersByTimeAsync(250);
  expect(committer.oldestMs).toBe(0);
  committer.stop();
});

test('a last commit that outlasts its stay speaks for no other', async () => {
  const fail: (() => void)[] = [];
  const { commits, committer, complete } = committing(
    Infinity,
    () => new Promise((_, reject) => fail.push(() => { reject(new Error('no answer')); })), // prettier-ignore
  );
  complete(1);
  committer.stop();
  const last = committer.commitLast();
  await jest.advanceTimersByTimeAsync(0);
  expect(commits).toHaveLength(1);
  // Its time is over, and partitions are assigned anew.
  committer.start();
  complete(1);
  fail.shift()?.();
  await last;
  expect(commits).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(250);
  expect(commits).toHaveLength(2);
  committer.stop();
});

test('after a commit without an answer, which may land late, the next one is said twice', async () => {
  const answers = [() => Promise.reject(new Error('no answer'))];
  const { commits, committer, complete } = committing(Infinity, () => answers.shift()?.() ?? Promise.resolve('ok'));
  complete(1);
  await jest.advanceTimersByTimeAsync(250);
  complete(1);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(commits.map(({ offset }) => offset)).toEqual([1, 2, 2]);
  expect(committer.oldestMs).toBe(0);
  committer.stop();
});

import { describe, expect, test } from '@jest/globals';
import { PartitionQueue, type ProduceBatch } from './partition-queue.ts';
import { bytesOf, PendingAppends, type PendingAppend } from '../producer/pending-append.ts';

function setUp() {
  let now = 1_000;
  const pending = new PendingAppends(() => now);
  const queue = new PartitionQueue('t', 0, pending);
  queue.use({ producerId: 7n, epoch: 0 });
  /** Sizes are the lengths of the texts. */
  const append = (...values: string[]) => appendAs(false, values);
  const appendAs = (isPatient: boolean, values: readonly string[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const bytes = values.reduce((sum, { length }) => sum + length, 0);
    const answer = {
      resolve: () => {
        resolve(undefined);
      },
      reject,
      onSettled: null,
      isPatient,
    };
    const begun = pending.begin(values.length, bytes, answer);
    for (const [index, value] of values.entries()) {
      const record = { topic: 't', partition: 0, key: null, value: Buffer.from(value), headers: undefined };
      queue.push({ ...record, bytes: value.length, append: begun, index });
    }
    const ended = promise.then(
      () => 'resolved',
      (error: unknown) => (error as Error).message,
    );
    return { append: begun, ended };
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { pending, queue, append, appendAs, pass };
}

function present(batch: ProduceBatch | null): ProduceBatch {
  if (batch === null) throw new Error('there is a batch');
  return batch;
}

function texts(batch: ProduceBatch | null): string[] {
  return present(batch).records.map(({ value }) => value?.toString() ?? '');
}

describe('the queue of a partition', () => {
  test('forms a batch of what waits, and keeps it as it is until its end is known', () => {
    const { queue, append, pending } = setUp();
    void append('a', 'bb');
    expect(texts(queue.batch())).toEqual(['a', 'bb']);
    void append('ccc');
    expect(texts(queue.batch())).toEqual(['a', 'bb']);
    expect([queue.epoch, queue.sequence]).toEqual([0, 0]);
    queue.acknowledge(present(queue.batch()));
    expect(texts(queue.batch())).toEqual(['ccc']);
    expect([queue.epoch, queue.sequence]).toEqual([0, 2]);
    queue.acknowledge(present(queue.batch()));
    expect(queue.isEmpty).toBe(true);
    expect(pending.waiting).toEqual({ records: 0, bytes: 0 });
  });

  test('refuses those that do not wait, and keeps the order of the others', async () => {
    const { queue, append, appendAs, pending } = setUp();
    const refused = [append('a', 'b'), append('f')];
    void appendAs(true, ['c', 'd']);
    refused.push(append('e'));
    expect(texts(queue.batch())).toEqual(['a', 'b', 'f', 'c', 'd', 'e']);
    void appendAs(true, ['g']);
    expect(queue.isPatient).toBe(true);
    queue.refuseImpatient(new Error('no'));
    for (const { ended } of refused) expect(await ended).toBe('no');
    expect(texts(queue.batch())).toEqual(['c', 'd', 'g']);
    expect([queue.epoch, queue.sequence, pending.waiting.records]).toEqual([0, 0, 3]);
  });

  test('keeps a batch with one that waits as it is while it may be in the log', () => {
    const { queue, append, appendAs, pending } = setUp();
    void append('a');
    void appendAs(true, ['b']);
    const batch = present(queue.batch());
    batch.isInDoubt = true;
    queue.refuseImpatient(new Error('no'));
    expect(queue.batch()).toBe(batch);
    queue.acknowledge(batch);
    expect([queue.isPatient, queue.sequence, pending.waiting.records]).toEqual([false, 2, 0]);
  });

  test('bounds a batch in bytes and in records, and takes one record whatever its size', () => {
    const { queue, append } = setUp();
    void append('x'.repeat(1_000_000), 'y'.repeat(500_000), 'z'.repeat(500_000));
    for (const length of [1_000_000, 500_000, 500_000]) {
      const batch = present(queue.batch());
      expect([batch.records.length, batch.bytes]).toEqual([1, length]);
      queue.acknowledge(batch);
    }
    void append(...Array.from({ length: 2_500 }, () => 'a'));
    expect(present(queue.batch()).records).toHaveLength(2_000);
  });

  test('gives the numbers of a refused batch to the next, if no try of it had an unknown end', async () => {
    const { queue, append } = setUp();
    const refused = append('a');
    void append('b');
    queue.split(present(queue.batch()), false);
    expect(texts(queue.batch())).toEqual(['a']);
    queue.refuse(present(queue.batch()), new Error('refused'));
    expect(texts(queue.batch())).toEqual(['b']);
    expect([queue.epoch, queue.sequence]).toEqual([0, 0]);
    expect(await refused.ended).toBe('refused');
  });

  test.each(['refuse', 'split'] as const)('takes the next epoch when the batch may be in the log: %s', (how) => {
    const { queue, append } = setUp();
    append('x').ended.catch(() => undefined);
    queue.acknowledge(present(queue.batch()));
    void append('a', 'b');
    const batch = present(queue.batch());
    batch.isInDoubt = true;
    if (how === 'split') queue.split(batch, true);
    else queue.refuse(batch, new Error('refused'));
    expect([queue.epoch, queue.sequence]).toEqual([1, 0]);
  });

  test('needs another producer id after the last epoch, and the next epoch before the last number', () => {
    const { queue, append } = setUp();
    queue.sequence = 2 ** 31 - 2;
    void append('a', 'b');
    present(queue.batch());
    expect([queue.epoch, queue.sequence]).toEqual([1, 0]);
    queue.epoch = 2 ** 15 - 1;
    queue.nextEpoch();
    expect(queue.producerId).toBeNull();
  });

  test('forms smaller batches for a topic that found one too large', () => {
    const { queue, append } = setUp();
    void append(...Array.from({ length: 8 }, () => 'x'.repeat(100_000)));
    queue.split(present(queue.batch()), true);
    for (const count of [4, 4]) {
      const batch = present(queue.batch());
      expect(batch.records).toHaveLength(count);
      queue.acknowledge(batch);
    }
    void append(...Array.from({ length: 8 }, () => 'x'.repeat(100_000)));
    expect(present(queue.batch()).records).toHaveLength(4);
  });

  test('of an append of which a record was refused sends nothing more', async () => {
    const { queue, append, pending } = setUp();
    const first = append('x'.repeat(921_600), 'b', 'c');
    const second = append('d');
    queue.refuse(present(queue.batch()), new Error('too large'));
    expect(texts(queue.batch())).toEqual(['d']);
    queue.acknowledge(present(queue.batch()));
    expect(await Promise.all([first.ended, second.ended])).toEqual(['too large', 'resolved']);
    expect(pending.waiting).toEqual({ records: 0, bytes: 0 });
  });
});

describe('an append can be withdrawn', () => {
  const withdraw = ({ pending, queue }: ReturnType<typeof setUp>, append: PendingAppend) => {
    const error = new Error('withdrawn');
    const isWithdrawn = pending.withdraw(append, error);
    if (isWithdrawn) pending.drop(queue.drop(append), error);
    return isWithdrawn;
  };

  test('while it is queued, and also when a batch with it was never sent', async () => {
    const world = setUp();
    const { queue, append, pending } = world;
    const first = append('a', 'b');
    const second = append('c');
    queue.dissolve(present(queue.batch()));
    expect(withdraw(world, first.append)).toBe(true);
    expect(await first.ended).toBe('withdrawn');
    expect(pending.waiting).toEqual({ records: 1, bytes: 1 });
    expect(texts(queue.batch())).toEqual(['c']);
    queue.acknowledge(present(queue.batch()));
    expect(await second.ended).toBe('resolved');
    expect(pending.waiting).toEqual({ records: 0, bytes: 0 });
  });

  test('record by record where it is told of each, also those of a batch that turns out not to have been sent', async () => {
    const world = setUp();
    const { queue, append, pending } = world;
    const told: string[] = [];
    const first = append('a', 'b');
    Object.assign(first.append, {
      onSettled: (index: number, error: Error | null) => told.push(`${index} ${error?.message}`),
    });
    const second = append('c');
    const batch = present(queue.batch());
    expect(withdraw(world, first.append)).toBe(true);
    expect(told).toEqual([]);
    queue.dissolve(batch);
    expect(told).toEqual(['0 withdrawn, and never sent', '1 withdrawn, and never sent']);
    expect(await first.ended).toBe('resolved');
    expect(texts(queue.batch())).toEqual(['c']);
    queue.acknowledge(present(queue.batch()));
    expect(await second.ended).toBe('resolved');
    expect(pending.waiting).toEqual({ records: 0, bytes: 0 });
  });

  test('but not once it is under way, in doubt, or acknowledged', async () => {
    const world = setUp();
    const { queue, append } = world;
    const first = append('a');
    const batch = present(queue.batch());
    expect(withdraw(world, first.append)).toBe(false);
    batch.isInDoubt = true;
    queue.dissolve(batch);
    expect(withdraw(world, first.append)).toBe(false);
    queue.acknowledge(batch);
    expect(withdraw(world, first.append)).toBe(false);
    expect(await first.ended).toBe('resolved');
  });
});

test('the oldest append without an answer is told by a clock that never goes back', async () => {
  const { queue, append, pending, pass } = setUp();
  expect(pending.oldestMs).toBe(0);
  const first = append('a', 'b');
  pass(300);
  queue.batch();
  const second = append('c');
  pass(100);
  expect(pending.oldestMs).toBe(400);
  queue.acknowledge(present(queue.batch()));
  expect(pending.oldestMs).toBe(100);
  queue.acknowledge(present(queue.batch()));
  expect(pending.oldestMs).toBe(0);
  expect(await Promise.all([first.ended, second.ended])).toEqual(['resolved', 'resolved']);
});

test('the size of a record counts everything that travels', () => {
  const bare = bytesOf({ topic: 't', key: null, value: null });
  expect(bytesOf({ topic: 't', key: 'ü', value: Buffer.alloc(10) }) - bare).toBe(12);
  expect(bytesOf({ topic: 't', key: null, value: null, headers: { ab: 'c' } }) - bare).toBeGreaterThan(3);
});

import { describe, expect, test } from '@jest/globals';
import { until } from '../../../test/support/until.ts';
import { BatchPump, type BatchPumpOptions } from './batch-pump.ts';
import type { PartitionLease, RecordBatch } from '../record.ts';

function lease(): PartitionLease & { isHeld: boolean; isPaused: boolean } {
  return {
    topic: 't',
    partition: 0,
    epoch: 1,
    isHeld: true,
    isPaused: false,
    incomplete: 0,
    complete: () => undefined,
    pause() {
      this.isPaused = true;
    },
    resume() {
      this.isPaused = false;
    },
  };
}

function batch(held: PartitionLease, from: number, to: number): RecordBatch {
  const records = Array.from({ length: to - from }, (_, index) => ({
    topic: 't',
    partition: 0,
    offset: from + index,
    timestampMs: 0,
    key: null,
    value: Buffer.alloc(10),
    headers: {},
  }));
  return { lease: held, records, fetchedOffset: from, nextOffset: to, highWatermark: 1_000 };
}

/** Runs wait for `finish`. */
function pumping(more: Partial<BatchPumpOptions> = {}) {
  const runs: number[][] = [];
  const errors: unknown[] = [];
  let finish: (error?: Error) => void = () => undefined;
  const pump = new BatchPump({
    maxRecords: 100,
    maxBytes: 1_000_000,
    maxPerRun: 50,
    work: (batches) => {
      runs.push(batches.flatMap(({ records }) => records.map(({ offset }) => offset)));
      return new Promise((resolve, reject) => {
        finish = (error) => {
          if (error === undefined) resolve();
          else reject(error);
        };
      });
    },
    onError: (error) => errors.push(error),
    ...more,
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    pump,
    runs,
    errors,
    settled,
    finish: async (error?: Error) => {
      finish(error);
      await settled();
    },
  };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

describe('a pump', () => {
  test('hands everything that waits to one run at a time, in order, cut where a run is full', async () => {
    const { pump, runs, finish, settled } = pumping();
    const held = lease();
    pump.enqueue(batch(held, 0, 10));
    pump.enqueue(batch(held, 10, 20));
    await settled();
    pump.enqueue(batch(held, 20, 60));
    pump.enqueue(batch(held, 60, 90));
    expect(runs).toEqual([numbers(0, 20)]);
    await finish();
    expect(runs[1]).toEqual(numbers(20, 70));
    await finish();
    expect(runs[2]).toEqual(numbers(70, 90));
  });

  test('gives each part of a cut batch the offsets that it covers', async () => {
    const seen: RecordBatch[] = [];
    const { pump } = pumping({
      maxPerRun: 4,
      work: (batches) => {
        seen.push(...batches);
        return Promise.resolve();
      },
    });
    pump.enqueue({ ...batch(lease(), 0, 10), nextOffset: 15 });
    await until(() => seen.length === 3, { timeoutMs: 5_000, what: 'all of it is handed out' });
    expect(seen.map(({ fetchedOffset, nextOffset }) => [fetchedOffset, nextOffset])).toEqual([[0, 4], [4, 8], [8, 15]]); // prettier-ignore
  });

  test.each([
    ['records', { maxRecords: 20 }],
    ['bytes', { maxBytes: 200 }],
  ])('pauses the partitions when it holds too many %s, and resumes them at half', async (_name, limits) => {
    const { pump, finish, settled } = pumping({ ...limits, maxPerRun: 6 });
    const [one, other] = [lease(), lease()];
    pump.enqueue(batch(one, 0, 10));
    await settled();
    expect(one.isPaused).toBe(false);
    pump.enqueue(batch(one, 10, 30));
    pump.enqueue(batch(other, 0, 1));
    expect([one.isPaused, other.isPaused]).toEqual([true, true]);
    await finish();
    await finish();
    expect([one.isPaused, other.isPaused]).toEqual([true, true]);
    await finish();
    await finish();
    expect([one.isPaused, other.isPaused]).toEqual([false, false]);
  });

  test('shares a run among the partitions, and begins the next one with those that came later', async () => {
    const { pump, runs, finish, settled } = pumping({ maxPerRun: 6 });
    const [long, short, late] = [lease(), lease(), lease()];
    pump.enqueue(batch(long, 100, 120));
    pump.enqueue(batch(short, 0, 2));
    await settled();
    expect(runs[0]).toEqual([100, 101, 102, 0, 1, 103]);
    pump.enqueue(batch(late, 50, 60));
    await finish();
    expect(runs[1]).toEqual([104, 105, 106, 50, 51, 52]);
  });

  test('hands a run no more of one partition than it may have', async () => {
    const { pump, runs, finish, settled } = pumping({ maxPerRun: 10, maxPerPartitionAndRun: 3 });
    const [long, short] = [lease(), lease()];
    pump.enqueue(batch(long, 100, 104));
    pump.enqueue(batch(long, 104, 120));
    pump.enqueue(batch(short, 0, 2));
    await settled();
    expect(runs[0]).toEqual([100, 101, 102, 0, 1]);
    await finish();
    expect(runs[1]).toEqual([103, 104, 105]);
  });

  test('pauses a partition alone that has too many records waiting', async () => {
    const { pump, finish, settled } = pumping({ maxPerPartition: 10, maxPerRun: 6 });
    const [long, short] = [lease(), lease()];
    pump.enqueue(batch(short, 0, 10));
    pump.enqueue(batch(long, 0, 14));
    expect([long.isPaused, short.isPaused]).toEqual([true, false]);
    await settled();
    await finish();
    await finish();
    expect(long.isPaused).toBe(true);
    await finish();
    expect(long.isPaused).toBe(false);
  });

  test('drops what waits of a partition that was given up', async () => {
    const { pump, runs, finish, settled } = pumping();
    const [gone, held] = [lease(), lease()];
    pump.enqueue(batch(held, 0, 1));
    await settled();
    pump.enqueue(batch(gone, 5, 8));
    pump.enqueue(batch(held, 1, 3));
    gone.isHeld = false;
    await finish();
    expect(runs).toEqual([[0], [1, 2]]);
  });

  test('is drained when what was handed out is worked; what waits of those partitions is left', async () => {
    const { pump, runs, finish, settled } = pumping({ maxRecords: 20, maxPerRun: 2 });
    const [given, other, fresh] = [lease(), lease(), lease()];
    await pump.drain([]);
    pump.enqueue(batch(given, 0, 1));
    await settled();
    pump.enqueue(batch(given, 1, 30));
    expect(given.isPaused).toBe(true);
    pump.enqueue(batch(other, 5, 6));
    let isDrained = false;
    const drained = pump.drain([given]).then(() => (isDrained = true));
    pump.enqueue(batch(given, 31, 32));
    await settled();
    expect(isDrained).toBe(false);
    await finish();
    await finish();
    await drained;
    expect(runs).toEqual([[0], [5]]);
    // Its room is free again.
    pump.enqueue(batch(fresh, 7, 19));
    expect(fresh.isPaused).toBe(false);
  });

  test('stands still after an error', async () => {
    const { pump, runs, errors, finish, settled } = pumping();
    const held = lease();
    pump.enqueue(batch(held, 0, 1));
    await settled();
    pump.enqueue(batch(held, 1, 2));
    await finish(new Error('a mistake'));
    pump.enqueue(batch(held, 2, 3));
    await pump.drain([]);
    expect(runs).toEqual([[0]]);
    expect(errors).toEqual([new Error('a mistake')]);
    expect(held.isPaused).toBe(true);
  });

  test('counts what a run keeps, pauses its partition for it, and resumes it at half', async () => {
    const { pump, finish, settled } = pumping({ maxKeptPerPartition: 10 });
    const [one, other] = [lease(), lease()];
    pump.enqueue(batch(one, 0, 12));
    pump.enqueue(batch(other, 0, 2));
    await settled();
    for (let record = 0; record < 12; record += 1) pump.keep(one, 10);
    expect(pump.isFull).toBe(true);
    pump.enqueue(batch(one, 12, 13));
    pump.enqueue(batch(other, 2, 3));
    expect([one.isPaused, other.isPaused]).toEqual([true, false]);
    await finish();
    await finish();
    expect(one.isPaused).toBe(true);
    for (let record = 0; record < 7; record += 1) pump.letGo(one, 10);
    expect([one.isPaused, pump.isFull]).toEqual([false, false]);
  });

  test('takes in no more than there is room for beside what runs keep', async () => {
    const { pump, finish, settled } = pumping({ maxRecords: 20 });
    const held = lease();
    pump.enqueue(batch(held, 0, 15));
    await settled();
    for (let record = 0; record < 15; record += 1) pump.keep(held, 10);
    pump.enqueue(batch(held, 15, 21));
    expect(held.isPaused).toBe(true);
    await finish();
    await finish();
    expect(held.isPaused).toBe(true);
    for (let record = 0; record < 5; record += 1) pump.letGo(held, 10);
    expect(held.isPaused).toBe(false);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { PartitionLease, PositionedLease, RecordBatch } from '../../../libs/kafka/record.ts';
import { until } from '../../support/until.ts';
import { foreignAdmin, foreignKafka } from './foreign-client.ts';
import { kafkaWorld, range, soon, valueOf } from './kafka-world.ts';

// Tests that wait for metadata to grow old, five seconds, wait side by side.
const world = await kafkaWorld();
const admin = await foreignAdmin(world);

describe('a consumer', () => {
  test('gets every record of a partition in order, from the beginning and then live', async () => {
    const topic = await world.topic();
    await world.produce(topic, 0, 1_000);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    expect(reader.consumer.problem()).toBe('not started');
    await reader.start();
    expect(reader.consumer.problem()).toBeNull();
    await world.produce(topic, 1_000, 1_500);
    await until(() => reader.records.length >= 1_500, soon);
    expect(reader.values).toEqual(range(0, 1_500));
    expect(reader.batches[0]).toMatchObject({ fetchedOffset: 0, lease: { topic, partition: 0, isHeld: true } });
    for (const [index, batch] of reader.batches.slice(1).entries()) {
      expect(batch.fetchedOffset).toBe(reader.batches[index]?.nextOffset);
    }
    await until(() => reader.consumer.lag.get(`${topic}-0`) === 0, soon);
    await reader.stop();
    expect(reader.consumer.problem()).toBe('stopped');
  });

  test('gets key, value, headers and timestamp as they were written', async () => {
    const topic = await world.topic();
    const before = Date.now();
    await world.sink.append([
      { topic, key: 'k', value: Buffer.from('v'), headers: { one: 'a', two: Buffer.from([0, 255]) } },
      { topic, key: null, value: null },
    ]);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    await until(() => reader.records.length === 2, soon);
    const [first, second] = reader.records;
    expect(first).toEqual({
      topic,
      partition: 0,
      offset: 0,
      timestampMs: expect.any(Number),
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: { one: Buffer.from('a'), two: Buffer.from([0, 255]) },
    });
    expect(first?.timestampMs).toBeGreaterThanOrEqual(before);
    expect(second).toMatchObject({ offset: 1, key: null, value: null, headers: {} });
    await reader.stop();
  });

  test.concurrent('that waits for a topic says so, and begins when there is one', async () => {
    const topic = world.name('later');
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    const started = reader.start();
    await until(() => reader.consumer.problem() === `no topic yet: ${topic}`, soon);
    await world.admin.ensure([{ name: topic, partitions: 1, replication: 1, config: {} }]);
    await started;
    await world.produce(topic, 0, 3);
    await until(() => reader.records.length === 3, soon);
    await reader.stop();
  });

  test('that was stopped while it waits stops at once', async () => {
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [world.name('never')] });
    const started = reader.start();
    await until(() => reader.consumer.problem()?.startsWith('no topic yet') === true, soon);
    await reader.stop();
    await started;
  });

  test.concurrent(
    'reads topics that match a pattern, those that appear later too',
    async () => {
      const start = world.name('many');
      const topics = [`${start}.a`, `${start}.b`];
      const make = (name = '') => world.admin.ensure([{ name, partitions: 1, replication: 1, config: {} }]);
      await make(topics[0]);
      const reader = world.consumer({
        groupId: world.name('group'),
        subscriptions: [new RegExp(`^${start.replaceAll('.', '\\.')}\\.[ab]$`)],
      });
      await reader.start();
      await make(topics[1]);
      await make(`${start}.c`);
      for (const [index, topic] of [...topics, `${start}.c`].entries()) await world.produce(topic, index, index + 1);
      await until(() => reader.records.length === 2, soon);
      expect(reader.values.sort()).toEqual([0, 1]);
      await reader.stop();
    },
    90_000,
  );
});

test.concurrent(
  'a topic that is deleted leaves the others readable',
  async () => {
    const [gone, stays] = [await world.topic(), await world.topic()];
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [gone, stays] });
    await reader.start();
    await admin.deleteTopic(gone);
    await until(() => reader.assigned.at(-1)?.length === 1, soon);
    await world.produce(stays, 0, 5);
    await until(() => reader.records.length === 5, soon);
    expect(reader.consumer.problem()).toBeNull();
    await reader.stop();
  },
  90_000,
);

test.concurrent(
  'partitions that are added are read from their beginning',
  async () => {
    const topic = await world.topic(1);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    await admin.addPartitions(topic, 2);
    await foreignKafka(world).send(topic, ['1', '2'], 'none', 1);
    await until(() => reader.records.length === 2, { timeoutMs: 60_000 });
    expect(reader.assigned.at(-1)).toHaveLength(2);
    await reader.stop();
  },
  70_000,
);

describe('a graceful stop', () => {
  test('loses nothing and repeats nothing, with work under way', async () => {
    const topic = await world.topic(3);
    const groupId = world.name('group');
    const done: number[] = [];
    const run = () => {
      const working = new Set<Promise<void>>();
      const reader = world.consumer({
        groupId,
        subscriptions: [topic],
        onBatch: ({ lease, records }) => {
          for (const record of records) {
            const work = new Promise((resolve) => setTimeout(resolve, 5 + (record.offset % 7) * 10)).then(() => {
              done.push(valueOf(record));
              lease.complete(record.offset);
              working.delete(work);
            });
            working.add(work);
          }
        },
        onRevoking: async () => {
          await Promise.all(working);
        },
      });
      reader.isAutomatic = false;
      return reader;
    };
    let total = 0;
    const source = { isOver: false };
    // There is always more, so that each round is stopped with work under way.
    const producing = (async () => {
      for (; !source.isOver; total += 50) await world.produce(topic, total, total + 50, (total / 50) % 3);
    })();
    for (let round = 0; round < 3; round += 1) {
      const reader = run();
      await reader.start();
      const before = done.length;
      await until(() => done.length > before + 200, soon);
      await reader.stop();
    }
    source.isOver = true;
    await producing;
    const last = run();
    await last.start();
    await until(() => done.length >= total, soon);
    await last.stop();
    expect(done.sort((a, b) => a - b)).toEqual(range(0, total));
  }, 60_000);

  test('does not wait for the drain longer than its deadline', async () => {
    const topic = await world.topic();
    const reader = world.consumer({
      groupId: world.name('group'),
      subscriptions: [topic],
      drainDeadlineMs: 100,
      onRevoking: () => new Promise(() => undefined),
    });
    await reader.start();
    const before = Date.now();
    await reader.stop();
    // The deadline that there is without one of its own.
    expect(Date.now() - before).toBeLessThan(8_000);
  });
});

describe('after a crash', () => {
  test('only what was not complete at the last commit is read again', async () => {
    const topic = await world.topic();
    const groupId = world.name('group');
    await world.produce(topic, 0, 100);
    const first = world.consumer({ groupId, subscriptions: [topic] });
    first.isAutomatic = false;
    await first.start();
    await until(() => first.records.length === 100, soon);
    const lease = first.lease(topic);
    for (const offset of range(0, 100)) if (offset % 10 !== 3) lease.complete(offset);
    expect(lease.incomplete).toBe(10);
    await until(async () => (await admin.committed(groupId, topic)).offset === 3, soon);
    // Completed, but the process dies before the next commit.
    first.consumer.fail(new Error('crash'));
    lease.complete(3);
    await first.stop();
    const second = world.consumer({ groupId, subscriptions: [topic] });
    await second.start();
    await world.produce(topic, 100, 101);
    await until(() => second.records.length === 11, soon);
    expect(second.values).toEqual([3, 13, 23, 33, 43, 53, 63, 73, 83, 93, 100]);
    await second.stop();
    expect(await admin.committed(groupId, topic)).toEqual({ offset: 101, metadata: '' });
  });

  test('only what was not complete is read again, however much came behind it', async () => {
    const topic = await world.topic();
    const groupId = world.name('group');
    const count = 40_000;
    for (let from = 0; from < count; from += 10_000) await world.produce(topic, from, from + 10_000);
    const late = [0, 7, 30_000];
    const first = world.consumer({
      groupId,
      subscriptions: [topic],
      onBatch: ({ lease, records }) => {
        for (const { offset } of records) if (!late.includes(offset)) lease.complete(offset);
      },
    });
    first.isAutomatic = false;
    await first.start();
    await until(() => first.records.length === count, soon);
    const lengths = 'c2:' + Buffer.from([1, 6, 1, 0xa8, 0xea, 0x01, 1, 0x8f, 0x4e]).toString('base64');
    const committed = { offset: 0, metadata: lengths };
    await until(async () => (await admin.committed(groupId, topic)).metadata === lengths, soon);
    first.consumer.fail(new Error('crash'));
    await first.stop();
    expect(await admin.committed(groupId, topic)).toEqual(committed);
    const second = world.consumer({ groupId, subscriptions: [topic] });
    await second.start();
    await world.produce(topic, count, count + 1);
    await until(() => second.values.includes(count), soon);
    expect(second.values).toEqual([...late, count]);
    await second.stop();
    expect(await admin.committed(groupId, topic)).toEqual({ offset: count + 1, metadata: '' });
  }, 60_000);

  test.each(['onBatch', 'onAssigned'] as const)('of %s the process leaves, and nothing is committed', async (where) => {
    const topic = await world.topic();
    const groupId = world.name('group');
    await world.produce(topic, 0, 10);
    const reader = world.consumer({
      groupId,
      subscriptions: [topic],
      onBatch: () => {
        if (where === 'onBatch') throw new TypeError('a mistake');
      },
      onAssigned: async () => {
        if (where === 'onAssigned') await Promise.reject(new TypeError('a mistake'));
      },
    });
    await reader.start().catch(() => undefined);
    await until(() => reader.failures.length > 0, soon);
    expect(reader.failures).toEqual([expect.objectContaining({ message: 'a mistake' })]);
    expect(reader.consumer.problem()).toBe('failed');
    await reader.stop();
    expect((await admin.committed(groupId, topic)).offset).toBe(-1);
  });
});

describe('two members', () => {
  test('share the same partition numbers of every topic, and lose and repeat nothing while they come and go', async () => {
    const topics = [await world.topic(4), await world.topic(4)];
    const groupId = world.name('group');
    const seen: string[] = [];
    const onBatch = ({ records }: RecordBatch) => {
      for (const record of records) seen.push(`${record.topic}-${valueOf(record)}`);
    };
    const total = 2_000;
    const producing = (async () => {
      for (let from = 0; from < total; from += 20) {
        for (const topic of topics) await world.produce(topic, from, from + 20, (from / 20) % 4);
      }
    })();
    const first = world.consumer({ groupId, subscriptions: topics, onBatch });
    await first.start();
    const second = world.consumer({ groupId, subscriptions: topics, onBatch });
    await second.start();
    await until(() => first.assigned.length === 2, soon);
    const held = [first, second].map((reader) =>
      topics.map((topic) =>
        (reader.assigned.at(-1) ?? []).filter((lease) => lease.topic === topic).map((lease) => lease.partition),
      ),
    );
    for (const [main, other] of held) expect(main).toEqual(other);
    expect(held.map(([main]) => main?.join()).sort()).toEqual(['0,2', '1,3']);
    await second.stop();
    await producing;
    await until(() => seen.length >= total * 2, soon);
    await first.stop();
    expect(seen).toHaveLength(total * 2);
    expect(new Set(seen).size).toBe(total * 2);
    const [old] = first.assigned;
    const last = first.assigned.at(-1)?.[0];
    expect(old?.every((lease) => !lease.isHeld)).toBe(true);
    expect(last?.epoch).toBeGreaterThan(old?.[0]?.epoch ?? Infinity);
  }, 60_000);

  test('never complete for each other: what completes after the partition was given up is ignored', async () => {
    const topic = await world.topic(1);
    const groupId = world.name('group');
    await world.produce(topic, 0, 10);
    const first = world.consumer({ groupId, subscriptions: [topic], drainDeadlineMs: 10 });
    first.isAutomatic = false;
    await first.start();
    await until(() => first.records.length === 10, soon);
    const late = first.lease(topic);
    const second = world.consumer({ groupId, subscriptions: [topic] });
    second.isAutomatic = false;
    await second.start();
    await until(() => first.assigned.length === 2 && !late.isHeld, soon);
    for (const offset of range(0, 10)) late.complete(offset);
    const holder = [first, second].find((reader) => reader.assigned.at(-1)?.length === 1);
    await until(() => holder?.batches.at(-1)?.lease.isHeld === true, soon);
    expect(holder?.values.slice(-10)).toEqual(range(0, 10));
    await Promise.all([first.stop(), second.stop()]);
    expect((await admin.committed(groupId, topic)).offset).toBe(0);
  });
});

describe('a pause', () => {
  test('holds one partition, and ends with resume', async () => {
    const topic = await world.topic(2);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    reader.lease(topic, 0).pause();
    await world.produce(topic, 0, 10, 0);
    await world.produce(topic, 10, 20, 1);
    await until(() => reader.records.length === 10, soon);
    await world.produce(topic, 20, 30, 1);
    await until(() => reader.records.length === 20, soon);
    expect(reader.values).toEqual(range(10, 30));
    reader.lease(topic, 0).resume();
    await until(() => reader.records.length === 30, soon);
    await reader.stop();
  });

  test('does not survive the loss of the partition', async () => {
    const topic = await world.topic(1);
    const groupId = world.name('group');
    const reader = world.consumer({ groupId, subscriptions: [topic] });
    await reader.start();
    reader.lease(topic).pause();
    const other = world.consumer({ groupId, subscriptions: [topic] });
    await other.start();
    await until(() => reader.assigned.length === 2, soon);
    await other.stop();
    await until(() => reader.assigned.length === 3, soon);
    await world.produce(topic, 0, 5);
    await until(() => reader.records.length === 5, soon);
    await reader.stop();
  });

  test('comes by itself when what is incomplete is more than a commit may be able to speak of', async () => {
    const topic = await world.topic();
    const count = 30_000;
    for (let from = 0; from < count; from += 10_000) await world.produce(topic, from, from + 10_000);
    const isLate = (offset: number) => offset % 12 === 0;
    const reader = world.consumer({
      groupId: world.name('group'),
      subscriptions: [topic],
      onBatch: ({ lease, records }) => {
        for (const { offset } of records) if (!isLate(offset)) lease.complete(offset);
      },
    });
    reader.isAutomatic = false;
    await reader.start();
    // As many as it can speak of whichever of them are complete, and no more.
    await until(() => reader.records.length === 23_976, soon);
    expect(reader.values).toEqual(range(0, 23_976));
    const lease = reader.lease(topic);
    expect(lease.incomplete).toBe(23_976 / 12);
    for (const offset of range(0, 23_976)) if (isLate(offset)) lease.complete(offset);
    await until(() => reader.records.length === count, soon);
    expect(reader.values).toEqual(range(0, count));
    await reader.stop();
  }, 60_000);
});

describe('an offset that is not there', () => {
  test.concurrent(
    'beyond the end starts from the earliest record, not from the latest',
    async () => {
      const topic = await world.topic();
      const groupId = world.name('group');
      await world.produce(topic, 0, 5);
      await admin.commit(groupId, topic, 1_000);
      const reader = world.consumer({ groupId, subscriptions: [topic] });
      await reader.start();
      await until(() => reader.records.length === 5, soon);
      expect(reader.values).toEqual(range(0, 5));
      await reader.stop();
      expect((await admin.committed(groupId, topic)).offset).toBe(5);
    },
    90_000,
  );

  test('because it was deleted while the partition was paused, goes on with the earliest', async () => {
    const topic = await world.topic();
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    await world.produce(topic, 0, 10);
    await until(() => reader.records.length === 10, soon);
    reader.lease(topic).pause();
    await world.produce(topic, 10, 40);
    await admin.deleteUpTo(topic, 30);
    reader.lease(topic).resume();
    await until(() => reader.records.length === 20, soon);
    expect(reader.values.slice(10)).toEqual(range(30, 40));
    await reader.stop();
  });
});

describe('positions that the app keeps', () => {
  test('elsewhere are where reading begins, and nothing is committed', async () => {
    const topic = await world.topic(2);
    const groupId = world.name('group');
    await world.produce(topic, 0, 10, 0);
    await world.produce(topic, 10, 20, 1);
    const reader = world.consumer({
      groupId,
      subscriptions: [topic],
      offsets: 'external',
      onAssigned: () => Promise.resolve([{ topic, partition: 0, offset: 7 }]),
    });
    await reader.start();
    await until(() => reader.records.length === 13, soon);
    expect(reader.values.sort((a, b) => a - b)).toEqual([7, 8, 9, ...range(10, 20)]);
    await reader.stop();
    expect((await admin.committed(groupId, topic)).offset).toBe(-1);
  });

  test('in the commit come back with the lease, and the app reads back and forth', async () => {
    const topic = await world.topic();
    const groupId = world.name('group');
    await world.produce(topic, 0, 10);
    const run = async (seekTo: number, until10: number) => {
      const reader = world.consumer({
        groupId,
        subscriptions: [topic],
        positioned: [topic],
        onAssigned: (leases) => {
          const [lease] = leases as readonly PartitionLease[] as PositionedLease[];
          lease?.seek(seekTo);
          lease?.commitWith(() => ({ offset: 4, metadata: `state of ${seekTo}` }));
          return Promise.resolve();
        },
      });
      await reader.start();
      await until(() => reader.records.length === until10, soon);
      return reader;
    };
    const first = await run(8, 2);
    const lease = first.lease(topic) as PositionedLease;
    expect(lease).toMatchObject({ committed: null, startOffset: 0, endOffset: 10 });
    lease.seek(5);
    await until(() => first.records.length === 7, soon);
    expect(first.values).toEqual([8, 9, 5, 6, 7, 8, 9]);
    expect(first.batches.at(-1)).toMatchObject({ fetchedOffset: 5, nextOffset: 10 });
    await first.stop();
    const second = await run(9, 1);
    expect(second.lease(topic)).toMatchObject({ committed: { offset: 4, metadata: 'state of 8' } });
    await second.stop();
  });
});

describe('records of others', () => {
  test.each(['none', 'gzip'] as const)('compressed with %s are read', async (compression) => {
    const topic = await world.topic();
    await foreignKafka(world).send(topic, range(0, 300).map(String), compression);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    await until(() => reader.records.length === 300, soon);
    expect(reader.values).toEqual(range(0, 300));
    await reader.stop();
  });

  test.each(['snappy', 'lz4', 'zstd', 'gzip'])('recompressed with %s by the broker are read', async (compression) => {
    const topic = await world.topic(1, { 'compression.type': compression });
    await world.produce(topic, 0, 5_000);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    await until(() => reader.records.length === 5_000, soon);
    expect(reader.values).toEqual(range(0, 5_000));
    await reader.stop();
  });

  test('in transactions are read when committed, and passed when aborted', async () => {
    const topic = await world.topic();
    const groupId = world.name('group');
    const foreign = foreignKafka(world);
    await foreign.transactions(topic, [
      { values: ['1', '2'], outcome: 'commit' },
      { values: ['3', '4'], outcome: 'abort' },
      { values: ['5'], outcome: 'commit' },
      { values: ['6'], outcome: 'abort' },
    ]);
    const reader = world.consumer({ groupId, subscriptions: [topic] });
    await reader.start();
    await until(() => reader.records.length === 3, soon);
    // Two records, a marker, two aborted ones, a marker, one and a marker, one aborted and a marker.
    await until(() => reader.consumer.lag.get(`${topic}-0`) === 0, soon);
    expect(reader.values).toEqual([1, 2, 5]);
    await reader.stop();
    expect((await admin.committed(groupId, topic)).offset).toBe(10);
  });
});

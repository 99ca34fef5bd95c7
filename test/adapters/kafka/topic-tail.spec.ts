import { describe, expect, test } from '@jest/globals';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import { TopicTail, type TopicTailOptions } from '../../../libs/kafka/tail/topic-tail.ts';
import { until } from '../../support/until.ts';
import { foreignAdmin, foreignKafka } from './foreign-client.ts';
import { kafkaWorld, range, soon, valueOf } from './kafka-world.ts';

const world = await kafkaWorld();
const foreign = await foreignAdmin(world);

function tailing(topics: readonly string[], more: Partial<TopicTailOptions> = {}) {
  const records: KafkaRecord[] = [];
  const failures: unknown[] = [];
  const tail = world.stopLater(
    new TopicTail(
      world.client(),
      {
        topics,
        from: 'beginning',
        onRecord: (record) => records.push(record),
        exit: (error) => failures.push(error),
        ...more,
      },
      world.log.logger,
    ),
  );
  return { tail, records, failures };
}

const compacted = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0.0001',
  'segment.ms': '100',
  'min.compaction.lag.ms': '0',
  'delete.retention.ms': '100',
};

describe('a tail from the beginning', () => {
  test('has read to the end when it is started, tombstones too, then follows', async () => {
    const topics = [await world.topic(3, compacted), await world.topic(1, compacted), await world.topic(2)];
    const [first = '', second = ''] = topics;
    for (const value of range(0, 200)) {
      void world.sink.append([{ topic: first, key: `key-${value}`, value: Buffer.from(String(value)) }]);
    }
    await world.sink.append([{ topic: second, key: 'gone', value: null }]);
    const { tail, records } = tailing(topics);
    expect(tail.problem()).toBe('not started');
    await tail.start();
    expect(tail.problem()).toBeNull();
    expect(records).toHaveLength(201);
    expect(records.find(({ topic }) => topic === second)).toMatchObject({ key: Buffer.from('gone'), value: null });
    await world.sink.append([{ topic: first, key: 'live', value: Buffer.from('200') }]);
    await until(() => records.length === 202, soon);
    await tail.stop();
    expect(tail.problem()).toBe('stopped');
  });

  test('of empty topics is at the end at once', async () => {
    const { tail, records } = tailing([await world.topic(3), await world.topic(1, compacted)]);
    await tail.start();
    expect(records).toEqual([]);
    await tail.stop();
  });

  test('passes what compaction took', async () => {
    const topic = await world.topic(1, compacted);
    const write = (value: number) => world.sink.append([{ topic, key: 'same', value: Buffer.from(String(value)) }]);
    for (const value of range(0, 50)) await write(value);
    // Each segment is closed by the first record after its time: then all but the last of them can be compacted.
    let count = 50;
    await until(
      async () => {
        await write(count);
        count += 1;
        const { tail, records } = tailing([topic]);
        await tail.start();
        await tail.stop();
        expect(records.map(valueOf).at(-1)).toBe(count - 1);
        return records.length < count / 2;
      },
      { timeoutMs: 60_000, everyMs: 500 },
    );
  }, 70_000);

  test('ends behind a transaction, whose marker is the last of the log', async () => {
    const topic = await world.topic(1, compacted);
    await foreignKafka(world).transactions(topic, [{ values: ['1', '2'], outcome: 'abort' }]);
    const { tail, records } = tailing([topic]);
    await tail.start();
    expect(records).toEqual([]);
    await tail.stop();
  });
});

test('a tail from the end sees only what comes after its start', async () => {
  const topic = await world.topic(2);
  await world.produce(topic, 0, 10, 0);
  const { tail, records } = tailing([topic], { from: 'end' });
  await tail.start();
  await world.produce(topic, 10, 20, 1);
  await until(() => records.length === 10, soon);
  expect(records.map(valueOf)).toEqual(range(10, 20));
  await tail.stop();
});

test('a tail waits for its topic, and stops while it waits', async () => {
  const topic = world.name('later');
  const { tail } = tailing([topic]);
  const started = tail.start();
  await until(() => tail.problem()?.startsWith('cannot read') === true, soon);
  await world.admin.ensure([{ name: topic, partitions: 1, replication: 1, config: {} }]);
  await started;
  await tail.stop();
  const never = tailing([world.name('never')]).tail;
  const waiting = never.start();
  await until(() => never.problem()?.startsWith('cannot read') === true, soon);
  await never.stop();
  await waiting;
});

test('a table whose topic was made anew under it reads nothing of the new one, and ends when that is filled', async () => {
  const topic = await world.topic(1, compacted);
  await foreignKafka(world).send(topic, ['1', '2'], 'none');
  const { tail, records, failures } = tailing([topic], { lookAgainMs: 500 });
  await tail.start();
  await foreign.deleteTopic(topic);
  await until(async () => {
    await world.admin.ensure([{ name: topic, partitions: 1, replication: 1, config: compacted }]);
    return tail.problem()?.includes('was made anew') === true;
  }, soon);
  await foreignKafka(world).send(topic, ['3', '4', '5', '6'], 'none');
  await until(() => failures.length > 0, soon);
  expect(records.map(valueOf)).toEqual([1, 2]);
  await tail.stop();
});

test('a handler that throws ends the process', async () => {
  const topic = await world.topic();
  await world.produce(topic, 0, 5);
  const { tail, failures } = tailing([topic], {
    onRecord: () => {
      throw new TypeError('a mistake');
    },
  });
  void tail.start();
  await until(() => failures.length > 0, soon);
  expect(tail.problem()).toBe('failed');
  await tail.stop();
});

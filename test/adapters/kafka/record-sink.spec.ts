import { describe, expect, test } from '@jest/globals';
import {
  PartitionMissingError,
  RecordRefusedError,
  SinkClosedError,
} from '../../../libs/kafka/producer/append-error.ts';
import { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { until } from '../../support/until.ts';
import { kafkaWorld, range, soon, valueOf } from './kafka-world.ts';

const world = await kafkaWorld();

async function contents(topic: string, count: number): Promise<Map<number, number[]>> {
  const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
  await reader.start();
  await until(() => reader.records.length >= count, soon);
  await reader.stop();
  const found = new Map<number, number[]>();
  for (const record of reader.records) {
    found.set(record.partition, [...(found.get(record.partition) ?? []), valueOf(record)]);
  }
  return found;
}

function sizedSink(recordBytesMax?: number): RecordSink {
  return new RecordSink(world.client(), world.log.logger, recordBytesMax === undefined ? {} : { recordBytesMax });
}

describe('appends', () => {
  test('resolve when Kafka has the records, and keep their order in each partition', async () => {
    const topic = await world.topic(3);
    const appends = range(0, 3_000).map((value) =>
      world.sink.append([{ topic, key: `key-${value % 20}`, value: Buffer.from(String(value)) }]),
    );
    expect(world.sink.waiting.records).toBe(3_000);
    await Promise.all(appends);
    expect(world.sink.waiting).toEqual({ records: 0, bytes: 0 });
    const ends = await world.admin.endOffsets(topic);
    expect([...ends.values()].reduce((sum, end) => sum + end)).toBe(3_000);
    for (const values of (await contents(topic, 3_000)).values()) {
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
  });

  test.each(['gzip', 'zstd'] as const)('#19 that are compressed by %s are taken and read', async (compression) => {
    const topic = await world.topic(2);
    const sink = new RecordSink(world.client(), world.log.logger, { compression });
    try {
      const records = range(0, 500).map((value) => ({
        topic,
        key: `key-${value % 20}`,
        value: Buffer.from(String(value)),
      }));
      await sink.append(records);
      const found = [...(await contents(topic, 500)).values()].flat();
      expect(found.sort((a, b) => a - b)).toEqual(range(0, 500));
    } finally {
      await sink.close();
    }
  });

  test('of the same key go to the partition that the Java client would choose', async () => {
    const topic = await world.topic(12);
    await world.sink.append([{ topic, key: 'a-webhook', value: Buffer.from('1') }]);
    expect([...(await contents(topic, 1)).keys()]).toEqual([1]);
  });

  test('without a key are spread', async () => {
    const topic = await world.topic(4);
    await world.sink.append(range(0, 100).map((value) => ({ topic, key: null, value: Buffer.from(String(value)) })));
    expect((await contents(topic, 100)).size).toBe(4);
  });

  test('of nothing resolve', async () => {
    await expect(world.sink.append([])).resolves.toBeUndefined();
  });

  test('of many megabytes are taken in several requests', async () => {
    const topic = await world.topic(1);
    const value = Buffer.alloc(300_000, 'x');
    await world.sink.append(range(0, 12).map(() => ({ topic, key: null, value })));
    expect((await world.admin.endOffsets(topic)).get(0)).toBe(12);
  });
});

describe('a record that is too large', () => {
  const tooLarge = Buffer.alloc(1_100_000);

  test('rejects only its own append', async () => {
    const topic = await world.topic();
    const appends = [
      world.sink.append([{ topic, key: null, value: Buffer.from('0') }]),
      world.sink.append([{ topic, key: null, value: tooLarge }]),
      world.sink.append([{ topic, key: null, value: Buffer.from('1') }]),
    ];
    const results = await Promise.allSettled(appends);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(appends[1]).rejects.toBeInstanceOf(RecordRefusedError);
    expect([...(await contents(topic, 2)).values()]).toEqual([[0, 1]]);
  });

  test('for its topic only is found by Kafka, and rejects only its own append', async () => {
    const strict = await world.topic(1, { 'max.message.bytes': '10000' });
    const topic = await world.topic();
    const values = range(0, 9).map((value) => (value === 4 ? Buffer.alloc(20_000) : Buffer.from(String(value))));
    const appends = values.map((value) => world.sink.append([{ topic: strict, key: null, value }]));
    const other = world.sink.append([{ topic, key: null, value: Buffer.from('1') }]);
    const results = await Promise.allSettled(appends);
    expect(results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([4]);
    await expect(appends[4]).rejects.toThrow('MESSAGE_TOO_LARGE');
    await other;
    expect([...(await contents(strict, 8)).values()]).toEqual([[0, 1, 2, 3, 5, 6, 7, 8]]);
    expect(world.sink.problem()).toBeNull();
  });

  test('by its headers is found too', async () => {
    const sink = sizedSink(1_000);
    const record = { topic: 'any', key: 'k', value: null, headers: { name: 'x'.repeat(2_000) } };
    await expect(sink.append([record])).rejects.toBeInstanceOf(RecordRefusedError);
    await sink.close();
  });

  test('is just below what Kafka takes at its default', async () => {
    const topic = await world.topic();
    await world.sink.append([{ topic, key: 'key', value: Buffer.alloc(1_047_900) }]);
    expect((await world.admin.endOffsets(topic)).get(0)).toBe(1);
  });
});

test('a partition that does not exist is waited for, then named, and holds nothing else up', async () => {
  const topic = await world.topic(2);
  const lost = world.sink.append([{ topic, key: null, value: Buffer.from('0'), partition: 7 }]);
  const good = world.sink.append([{ topic, key: null, value: Buffer.from('1'), partition: 1 }]);
  await good;
  await expect(lost).rejects.toBeInstanceOf(PartitionMissingError);
});

describe('a sink', () => {
  test('says that it is not connected until it is', async () => {
    const sink = sizedSink();
    expect(sink.problem()).toBe('not connected');
    await sink.connect();
    expect(sink.problem()).toBeNull();
    await sink.close();
    expect(sink.problem()).toBe('closed');
  });

  test('sends what waits when it is closed, and takes nothing more', async () => {
    const topic = await world.topic();
    const sink = sizedSink();
    const waiting = sink.append(
      range(0, 500).map((value) => ({ topic, key: null, value: Buffer.from(String(value)) })),
    );
    await sink.close();
    await waiting;
    await expect(sink.append([{ topic, key: null, value: null }])).rejects.toBeInstanceOf(SinkClosedError);
    expect((await world.admin.endOffsets(topic)).get(0)).toBe(500);
  });

  test('waits for a topic that is made later', async () => {
    const topic = world.name('later');
    const sink = sizedSink();
    const append = sink.append([{ topic, key: null, value: Buffer.from('1') }]);
    await until(() => sink.problem()?.startsWith('cannot send') === true, soon);
    await world.admin.ensure([{ name: topic, partitions: 1, replication: 1, config: {} }]);
    await append;
    await sink.close();
  });
});

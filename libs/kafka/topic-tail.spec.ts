import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { until } from '../../test/support/until.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { KafkaClient } from './kafka-client.ts';
import { batchBytesMax, writeBatch } from './record-batch-writer.ts';
import { TopicTail, type TopicTailOptions } from './topic-tail.ts';

const topic = 't';
/** Where the body of a request names the offset of its only partition, whose topic has a name of one character. */
const offsetAt = 44;
const outOfRange = 1;
const lookAgainMs = 50;
const soon = { timeoutMs: 20_000 };

interface Log {
  /** Null: of a cluster without ids. */
  readonly id: string | null;
  readonly start: number;
  readonly values: string[];
}

function batchFrom(log: Log, offset: number): Buffer | null {
  const values = log.values.slice(offset - log.start);
  if (values.length === 0) return null;
  const records = values.map((value) => ({ key: null, value: Buffer.from(value) }));
  const buffer = Buffer.alloc(batchBytesMax(records));
  const end = writeBatch(buffer, 0, records, { id: -1n, epoch: 0, firstSequence: 0 }, 1_700_000_000_000);
  buffer.writeBigInt64BE(BigInt(offset), 0);
  return buffer.subarray(0, end);
}

const endOf = ({ start, values }: Log) => start + values.length;

class Leader {
  private readonly log: () => Log;

  constructor(log: () => Log) {
    this.log = log;
  }

  lookupRequest(): (fields: object) => { request: object; response: object } {
    return () => ({ request: { apiVersion: 11 }, response: {} });
  }

  async fetch(): Promise<object> {
    const { request } = this.lookupRequest()({}) as { request: { encode(): Promise<{ buf: Buffer }> } };
    const offset = Number((await request.encode()).buf.readBigInt64BE(offsetAt));
    await new Promise((resolve) => setTimeout(resolve, 1));
    const log = this.log();
    const isThere = offset >= log.start && offset <= endOf(log);
    const answer = {
      topic,
      partition: 0,
      errorCode: isThere ? 0 : outOfRange,
      highWatermark: endOf(log),
      abortedTransactions: [],
      batches: isThere ? batchFrom(log, offset) : null,
    };
    return { throttleTime: 0, clientSideThrottleTime: 0, responses: [{ topicName: topic, partitions: [answer] }] };
  }
}

/** One topic of one partition on one broker, which a test may make anew. */
function tailOf(first: Log, options: Partial<TopicTailOptions> = {}) {
  const cluster = { log: first };
  const broker = new Leader(() => cluster.log);
  const link = {
    cluster: {
      findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
      refreshMetadataIfNecessary: () => Promise.resolve(),
      refreshMetadata: () => Promise.resolve(),
      findBroker: () => Promise.resolve(broker),
    },
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
    partitionsOf: () => [0],
    topicIds: () => Promise.resolve(new Map(cluster.log.id === null ? [] : [[topic, cluster.log.id]])),
    offsetRanges: () =>
      Promise.resolve(new Map([[`${topic}-0`, { start: cluster.log.start, end: endOf(cluster.log) }]])),
    offsets: (_: unknown, fromBeginning: boolean) =>
      Promise.resolve(new Map([[`${topic}-0`, fromBeginning ? cluster.log.start : endOf(cluster.log)]])),
  } as unknown as ClusterLink;
  const got: string[] = [];
  const exits: unknown[] = [];
  const tail = new TopicTail(
    { link: () => link } as unknown as KafkaClient,
    {
      topics: [topic],
      from: 'beginning',
      onRecord: ({ value }) => got.push(String(value)),
      exit: (error) => exits.push(error),
      lookAgainMs,
      ...options,
    },
    pino({ enabled: false }),
  );
  return { tail, got, exits, cluster };
}

const someLooks = () => new Promise((resolve) => setTimeout(resolve, 6 * lookAgainMs));

test('a table whose topic was made anew holds nothing of both, waits until it has been filled, and begins anew', async () => {
  const { tail, got, exits, cluster } = tailOf({ id: 'one', start: 0, values: ['a', 'b'] });
  await tail.start();
  expect(tail.problem()).toBeNull();
  cluster.log = { id: 'two', start: 0, values: [] };
  await until(() => tail.problem() !== null, soon);
  await someLooks();
  expect(tail.problem()).toBe('t was made anew: it is read anew when it has been filled');
  expect(exits).toEqual([]);
  cluster.log.values.push('c', 'd', 'e');
  await until(() => exits.length > 0, soon);
  expect(exits).toHaveLength(1);
  expect(got).toEqual(['a', 'b']);
  await tail.stop();
});

test('a table whose topic was made anew and grew past what was read takes nothing of it', async () => {
  const { tail, got, exits, cluster } = tailOf({ id: 'one', start: 0, values: ['a', 'b'] }, { lookAgainMs: 1_000 });
  await tail.start();
  cluster.log = { id: 'two', start: 0, values: [] };
  await someLooks();
  cluster.log = { id: 'two', start: 0, values: ['c', 'd', 'e'] };
  await until(() => exits.length > 0, soon);
  expect(got).toEqual(['a', 'b']);
  await tail.stop();
});

test('a table whose log begins later than what was read of it is read anew', async () => {
  let held = 10;
  const { tail, got, exits, cluster } = tailOf({ id: null, start: 0, values: ['a', 'b'] }, { held: () => held });
  await tail.start();
  cluster.log = { id: null, start: 4, values: ['e'] };
  await until(() => tail.problem() === 't was cut: it is read anew when it has been filled', soon);
  await someLooks();
  expect(exits).toEqual([]);
  held = 5;
  await until(() => exits.length > 0, soon);
  expect(got).toEqual(['a', 'b']);
  await tail.stop();
});

test('a feed holds nothing, and begins anew at once', async () => {
  const { tail, exits, cluster } = tailOf({ id: 'one', start: 0, values: ['a', 'b'] }, { from: 'end' });
  await tail.start();
  cluster.log = { id: 'two', start: 0, values: [] };
  await until(() => exits.length > 0, soon);
  await tail.stop();
});

test('a topic that was empty is read on, whatever became of it', async () => {
  const { tail, got, exits, cluster } = tailOf({ id: 'one', start: 0, values: [] });
  await tail.start();
  cluster.log = { id: 'two', start: 0, values: [] };
  await someLooks();
  cluster.log.values.push('a');
  await until(() => got.length > 0, soon);
  await someLooks();
  expect(tail.problem()).toBeNull();
  expect(exits).toEqual([]);
  await tail.stop();
});

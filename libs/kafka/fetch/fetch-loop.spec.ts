import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { ClusterLink } from '../cluster/cluster-link.ts';
import { FetchLoop, type ReadPosition } from './fetch-loop.ts';
import { until } from '../../../test/support/until.ts';
import { batchBytesMax, writeBatch } from '../batch/record-batch-writer.ts';

const topic = 't';
/** Where the body of a request names the offset of its only partition, whose topic has a name of one character. */
const offsetAt = 44;
const logEnd = 10;

/** A log of one record an offset: what a broker with all of it answers. */
function batchesFrom(offset: number): Buffer {
  const records = Array.from({ length: logEnd - offset }, (_, index) => ({
    key: null,
    value: Buffer.from(String(offset + index)),
  }));
  const buffer = Buffer.alloc(batchBytesMax(records));
  const end = writeBatch(buffer, 0, records, { id: -1n, epoch: 0, firstSequence: 0 }, 1_700_000_000_000);
  buffer.writeBigInt64BE(BigInt(offset), 0);
  return buffer.subarray(0, end);
}

/** Two partitions, and one broker that leads both. */
function linkTo(broker: object): ClusterLink {
  const cluster = {
    findTopicPartitionMetadata: () => [0, 1].map((partitionId) => ({ partitionId, leader: 1 })),
    refreshMetadataIfNecessary: () => Promise.resolve(),
    findBroker: () => Promise.resolve(broker),
  };
  return { cluster } as unknown as ClusterLink;
}

/** A broker whose every step waits until the test lets it go on, and says what it was asked for. */
class SteppedBroker {
  readonly asked: number[] = [];
  private readonly steps: (() => void)[] = [];

  readonly link = {
    cluster: {
      findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
      refreshMetadataIfNecessary: () => this.step(),
      refreshMetadata: () => Promise.resolve(),
      findBroker: () => Promise.resolve(this),
    },
  } as unknown as ClusterLink;

  /** Lets it take one step, once it is there. */
  async go(): Promise<void> {
    while (this.steps.length === 0) await new Promise(setImmediate);
    this.steps.shift()?.();
    for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
  }

  lookupRequest(): (fields: object) => { request: object; response: object } {
    return () => ({ request: { apiVersion: 11 }, response: {} });
  }

  /** As kafkajs has it: the body is written when its turn to be sent has come. */
  async fetch(): Promise<object> {
    const { request } = this.lookupRequest()({}) as { request: { encode(): Promise<{ buf: Buffer }> } };
    await this.step();
    const offset = Number((await request.encode()).buf.readBigInt64BE(offsetAt));
    this.asked.push(offset);
    await this.step();
    const batches = offset < logEnd ? batchesFrom(offset) : null;
    const answer = { topic, partition: 0, errorCode: 0, highWatermark: logEnd, abortedTransactions: [], batches };
    return { throttleTime: 0, clientSideThrottleTime: 0, responses: [{ topicName: topic, partitions: [answer] }] };
  }

  private step(): Promise<void> {
    return new Promise((resolve) => this.steps.push(resolve));
  }
}

describe('a partition that is moved away and back while a fetch is under way', () => {
  let loop: FetchLoop;
  afterEach(() => {
    loop.stop();
  });

  // Steps of a fetch: the metadata is looked at, the request is written, the answer comes.
  test.each([
    ['before the broker is known', 0],
    ['before the request is written', 1],
    ['before the answer', 2],
  ])('gets the records of where it stands: away %s', async (_, movedBefore) => {
    const broker = new SteppedBroker();
    const position: ReadPosition = { topic, partition: 0, next: 2, isPaused: false };
    const got: { from: number; offsets: number[] }[] = [];
    loop = new FetchLoop(
      broker.link,
      {
        maxWaitMs: 1,
        paceMs: 0,
        onBatch: (_position, { fetchedOffset, records }) => {
          got.push({ from: fetchedOffset, offsets: records.map(({ offset }) => offset) });
        },
        onOutOfRange: () => undefined,
      },
      pino({ enabled: false }),
    );
    loop.assign([position]);
    for (let step = 0; got.length === 0 && step < 12; step += 1) {
      if (step === movedBefore) position.next = 7;
      if (step === movedBefore + 1) position.next = 2;
      await broker.go();
    }
    expect(got).toEqual([{ from: 2, offsets: [2, 3, 4, 5, 6, 7, 8, 9] }]);
  });
});

test('a partition whose batch cannot be read holds up no other, is told of, and goes on when it can be', async () => {
  let isDamaged = true;
  const lookupRequest = () => () => ({ request: { apiVersion: 11 }, response: {} });
  const answerOf = (partition: number, next: number) => {
    const batches = next < logEnd ? batchesFrom(next) : null;
    if (partition === 0 && isDamaged) batches?.writeInt8(9, 16); // a format that nobody knows
    return { topic, partition, errorCode: 0, highWatermark: logEnd, abortedTransactions: [], batches };
  };
  const positions = [0, 1].map((partition) => ({ topic, partition, next: 2, isPaused: false }));
  const broker = {
    lookupRequest,
    fetch: async () => {
      await new Promise(setImmediate);
      const partitions = positions.map(({ partition, next }) => answerOf(partition, next));
      return { throttleTime: 0, clientSideThrottleTime: 0, responses: [{ topicName: topic, partitions }] };
    },
  };
  const got: string[] = [];
  const onBatch = ({ partition }: ReadPosition, { records }: { records: readonly { offset: number }[] }) => {
    for (const { offset } of records) got.push(`${partition}:${offset}`);
  };
  const logger = pino({ enabled: false });
  const loop = new FetchLoop(
    linkTo(broker),
    { maxWaitMs: 1, paceMs: 1, onBatch, onOutOfRange: () => undefined },
    logger,
  );
  loop.assign(positions);
  await until(() => got.length === 8, { timeoutMs: 5_000 });
  expect(got.every((one) => one.startsWith('1:'))).toBe(true);
  await until(() => loop.problem() !== null, { timeoutMs: 10_000 });
  expect(loop.problem()).toMatch(/^cannot read t-0 at 2: a record batch of message format 9/);
  isDamaged = false;
  await until(() => got.length === 16, { timeoutMs: 5_000 });
  expect(loop.problem()).toBeNull();
  loop.stop();
});

/** Broker 1 fails; broker 2, which leads after it, answers when the test lets it. Each answer brings half of the log. */
test('a partition whose leader failed is silent until the next one has handed out what came meanwhile', async () => {
  let nowMs = 0;
  let leader = 1;
  const answers: (() => void)[] = [];
  const position: ReadPosition = { topic, partition: 0, next: 0, isPaused: false };
  const second = {
    lookupRequest: () => () => ({ request: { apiVersion: 11 }, response: {} }),
    fetch: async () => {
      const { next } = position;
      await new Promise<void>((resolve) => answers.push(resolve));
      const answer = { topic, partition: 0, errorCode: 0, highWatermark: 2 * logEnd, abortedTransactions: [] };
      const partitions = [{ ...answer, batches: next < logEnd ? batchesFrom(next) : null }];
      return { throttleTime: 0, clientSideThrottleTime: 0, responses: [{ topicName: topic, partitions }] };
    },
  };
  const first = { ...second, fetch: () => Promise.reject(new Error('connection refused')) };
  const cluster = {
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader }],
    refreshMetadataIfNecessary: () => Promise.resolve(),
    refreshMetadata: () => Promise.resolve(),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(nodeId === '1' ? first : second),
  };
  const loop = new FetchLoop(
    { cluster } as unknown as ClusterLink,
    { maxWaitMs: 1, paceMs: 0, onBatch: () => undefined, onOutOfRange: () => undefined },
    pino({ enabled: false }),
    () => nowMs,
  );
  loop.assign([position]);
  await until(() => loop.silentMs === 0, { timeoutMs: 5_000 });
  nowMs = 9_000;
  await until(() => loop.silentMs >= 9_000, { timeoutMs: 5_000 });
  leader = 2;
  await until(() => answers.length === 1, { timeoutMs: 5_000 });
  // It is asked just now, and what was written while nobody led is not here yet.
  expect(loop.silentMs).toBe(9_000);
  answers[0]?.();
  await until(() => answers.length === 2, { timeoutMs: 5_000 });
  expect([position.next, loop.silentMs]).toEqual([logEnd, 9_000]);
  answers[1]?.();
  await until(() => answers.length === 3, { timeoutMs: 5_000 });
  expect(loop.silentMs).toBe(0);
  loop.stop();
});

test('a broker is asked to wait longer while nothing is paused, nor may be moved', async () => {
  const positions: ReadPosition[] = [0, 1].map((partition) => ({ topic, partition, next: logEnd, isPaused: false }));
  const waits: number[] = [];
  const broker = {
    fetch: async ({ maxWaitTime }: { maxWaitTime: number }) => {
      await new Promise(setImmediate);
      waits.push(maxWaitTime);
      return { throttleTime: 0, clientSideThrottleTime: 0, responses: [] };
    },
  };
  let idleWaitMs = 500;
  const options = {
    maxWaitMs: 100,
    idleWaitMs: () => idleWaitMs,
    paceMs: 1,
    onBatch: () => undefined,
    onOutOfRange: () => undefined,
  };
  const loop = new FetchLoop(linkTo(broker), options, pino({ enabled: false }));
  loop.assign(positions);
  await until(() => waits.length > 0, { timeoutMs: 5_000 });
  expect(waits[0]).toBe(500);
  for (const position of positions.slice(0, 1)) position.isPaused = true;
  await until(() => waits.includes(100), { timeoutMs: 5_000 });
  for (const position of positions) position.isPaused = false;
  const before = waits.length;
  await until(() => waits.length > before + 2, { timeoutMs: 5_000 });
  expect(waits.at(-1)).toBe(500);
  idleWaitMs = 50;
  await until(() => waits.at(-1) === 50, { timeoutMs: 5_000 });
  loop.stop();
});

/** A leader of a log that begins at 0 and ends, as it says, before what is asked for; then the present leader answers. */
async function readBeyondEnd(stepMs: number, refusals: number) {
  let nowMs = 0;
  let left = refusals;
  const restarts: number[] = [];
  const got: number[] = [];
  const broker = {
    lookupRequest: () => () => ({ request: { apiVersion: 11 }, response: {} }),
    fetch: async () => {
      await new Promise(setImmediate);
      nowMs += stepMs;
      const errorCode = left > 0 ? 1 : 0;
      left -= 1;
      const batches = errorCode === 0 ? batchesFrom(position.next) : null;
      const answer = { topic, partition: 0, errorCode, highWatermark: logEnd, abortedTransactions: [], batches };
      return { throttleTime: 0, clientSideThrottleTime: 0, responses: [{ topicName: topic, partitions: [answer] }] };
    },
  };
  const { cluster } = linkTo(broker);
  const link = {
    cluster: { ...cluster, refreshMetadata: () => Promise.resolve() },
    offsets: () => Promise.resolve(new Map([[`${topic}-0`, 0]])),
  } as unknown as ClusterLink;
  const position: ReadPosition = { topic, partition: 0, next: 5, isPaused: false };
  const loop = new FetchLoop(
    link,
    {
      maxWaitMs: 1,
      paceMs: 0,
      onBatch: (_, { records }) => {
        got.push(...records.map(({ offset }) => offset));
        position.isPaused = true;
      },
      onOutOfRange: (_, asked) => restarts.push(asked),
    },
    pino({ enabled: false }),
    () => nowMs + performance.now(),
  );
  loop.assign([position]);
  await until(() => got.length > 0, { timeoutMs: 20_000 });
  loop.stop();
  return { got, restarts };
}

test('a leader of before whose log ends too early does not make the whole log be read again', async () => {
  expect(await readBeyondEnd(100, 3)).toEqual({ got: [5, 6, 7, 8, 9], restarts: [] });
});

test('a log that goes on ending before what is asked for is read from its first record', async () => {
  expect(await readBeyondEnd(3_000, 3)).toEqual({ got: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], restarts: [5] });
});

/** A member of a group over a cluster of fake brokers, on a clock that the test turns. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { apiKeys } from '../../../test/support/fake-broker.ts';
import { FakeCluster } from '../../../test/support/fake-cluster.ts';
import type { Logger } from '../../runtime/logger.ts';
import { BatchConsumer } from './batch-consumer.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { BatchConsumerOptions } from './consumer-options.ts';
import { KafkaClient } from '../cluster/kafka-client.ts';
import type { PartitionLease, RecordBatch } from '../record.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

const open: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    const closing = close();
    await during(closing);
  }
  jest.useRealTimers();
  clusters.splice(0);
});

const { setTimeout: realTimeout } = globalThis;
const clusters: FakeCluster[] = [];
const stepMs = 25;

/** Sockets are real: the clock goes on when no request has come for two milliseconds. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await jest.advanceTimersByTimeAsync(stepMs);
    for (let quiet = 0, before = requests(); quiet < 2; quiet += 1) {
      await new Promise((resolve) => realTimeout(resolve, 1));
      if (requests() !== before) quiet = -1;
      before = requests();
    }
  }
}

function requests(): number {
  let count = 0;
  for (const { brokers } of clusters) for (const broker of brokers) count += broker.requests.length;
  return count;
}

async function during(work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const end = () => {
    over.abort();
  };
  void work.then(end, end);
  for (let left = 2_000; left > 0 && !over.signal.aborted; left -= 1) await pass(stepMs);
  await work;
}

/** @returns after how many milliseconds it was true */
async function until(isTrue: () => boolean, msMax: number): Promise<number> {
  for (let passed = 0; passed < msMax; passed += stepMs) {
    if (isTrue()) return passed;
    await pass(stepMs);
  }
  throw new Error(`it did not come true within ${msMax} ms`);
}

async function clusterOf(nodes: number): Promise<FakeCluster> {
  const cluster = await FakeCluster.start(nodes);
  open.push(() => cluster.stop());
  clusters.push(cluster);
  return cluster;
}

function memberOf(
  cluster: FakeCluster,
  options: Partial<BatchConsumerOptions> & Pick<BatchConsumerOptions, 'subscriptions'>,
  instanceId: string | null = null,
) {
  const connection = {
    brokers: cluster.addresses,
    tls: false,
    tlsCa: null,
    sasl: null,
    clientId: 'test',
    instanceId,
  };
  const seen: string[] = [];
  const leases: PartitionLease[] = [];
  const consumer = new BatchConsumer(
    new KafkaClient(connection, silent),
    {
      groupId: 'g',
      onBatch: ({ lease, records }) => {
        for (const { value, offset } of records) {
          seen.push(String(value));
          lease.complete(offset);
        }
      },
      onAssigned: (assigned) => {
        leases.splice(0, leases.length, ...assigned);
        return Promise.resolve();
      },
      exit: (error) => {
        throw error;
      },
      ...options,
    },
    silent,
  );
  open.push(() => consumer.stop());
  return { consumer, seen, leases };
}

/** Fetches that came to a node so far. */
function fetchesAt(cluster: FakeCluster, node: number): number {
  return cluster.node(node).bodies(apiKeys.fetch).length;
}

describe('a member of a group', () => {
  test('reads, completes, commits', async () => {
    const cluster = await clusterOf(2);
    cluster.addTopic('t', [0, 1]);
    cluster.partition('t', 1).values.push('a', 'b');
    const { consumer, seen } = memberOf(cluster, { subscriptions: ['t'] });
    await during(consumer.start());
    await pass(600);
    expect(seen).toEqual(['a', 'b']);
    expect(cluster.committed.get('t-1')).toBe(2);
    expect(consumer.problem()).toBeNull();
  });

  test('fences itself when the coordinator is silent for the session timeout, and joins again when it is back', async () => {
    const cluster = await clusterOf(2);
    cluster.addTopic('t', [1]);
    cluster.committed.set('t-0', 0);
    cluster.partition('t', 0).values.push('a');
    let fences = 0;
    const metrics = { fenced: () => (fences += 1), watch: () => undefined, commitFailed: () => undefined };
    const revoked: boolean[] = [];
    const seen: string[] = [];
    let mayStartAgain = 0;
    const { consumer, leases } = memberOf(cluster, {
      subscriptions: ['t'],
      metrics: metrics as unknown as ConsumerMetrics,
      onBatch: ({ records }) => {
        for (const { value } of records) seen.push(String(value));
      },
      // What is under way when it is fenced ends now.
      onRevoking: (given) => {
        revoked.push(...given.map(({ isHeld }) => isHeld));
        given[0]?.complete(0);
        return Promise.resolve();
      },
      onMayStart: () => (mayStartAgain += 1),
    });
    await during(consumer.start());
    await until(() => seen.length === 1, 1_000);
    const [before] = leases;
    expect(consumer.mayStart()).toBe(true);
    cluster.node(0).freeze();
    await pass(5_000);
    expect([consumer.mayStart(), before?.isHeld, fences]).toEqual([false, true, 0]);
    await pass(1_000);
    expect(consumer.problem()).toBe('the group coordinator does not answer');
    await until(() => fences > 0, 6_000);
    expect(before?.isHeld).toBe(false);
    await pass(1_000);
    expect(revoked).toEqual([false]);
    const fetches = fetchesAt(cluster, 1);
    cluster.partition('t', 0).values.push('b');
    await pass(5_000);
    expect(fetchesAt(cluster, 1)).toBe(fetches);
    expect([seen, cluster.committed.get('t-0'), fences]).toEqual([['a'], 0, 1]);
    cluster.node(0).thaw();
    await until(() => seen.includes('b'), 15_000);
    // It had done `a`, and nobody else has had the partition.
    expect(seen).toEqual(['a', 'b']);
    expect(consumer.problem()).toBeNull();
    expect([consumer.mayStart(), mayStartAgain, leases[0]?.isHeld]).toEqual([true, 1, true]);
    await until(() => cluster.committed.get('t-0') === 1, 1_000);
  });

  test('a drain past its deadline touches nothing of the stay that follows', async () => {
    const cluster = await clusterOf(2);
    cluster.addTopic('t', [1]);
    cluster.committed.set('t-0', 0);
    cluster.partition('t', 0).values.push('a', 'b');
    const batches: RecordBatch[] = [];
    let fail: (error: Error) => void = () => undefined;
    const { consumer, leases } = memberOf(cluster, {
      subscriptions: ['t'],
      drainDeadlineMs: 500,
      onBatch: (batch) => batches.push(batch),
      onRevoking: () => new Promise<void>((_, reject) => (fail = reject)),
    });
    await during(consumer.start());
    await until(() => batches.length === 1, 1_000);
    const [before] = leases;
    cluster.group.isSharingAnew = true;
    await until(() => leases[0] !== before && batches.length === 2, 5_000);
    const [after] = leases;
    expect([before?.isHeld, after?.isHeld]).toEqual([false, true]);
    expect(batches[1]?.records.map(({ offset }) => offset)).toEqual([0, 1]);
    // Late: the old stay completes, pauses, fails.
    before?.complete(0);
    before?.complete(1);
    before?.pause();
    fail(new Error('too late'));
    await pass(1_000);
    expect([cluster.committed.get('t-0'), after?.incomplete, consumer.problem()]).toEqual([0, 2, null]);
    cluster.partition('t', 0).values.push('c');
    await until(() => batches.length === 3, 1_000);
    expect(batches[2]?.lease).toBe(after);
    after?.complete(0);
    await until(() => cluster.committed.get('t-0') === 1, 1_000);
    after?.pause();
    before?.resume();
    await pass(500);
    cluster.partition('t', 0).values.push('d');
    await pass(1_000);
    expect(batches).toHaveLength(3);
    after?.resume();
    await until(() => batches.length === 4, 1_000);
  });
});

describe('with a frozen broker', () => {
  test('a member joins, and the partitions of the others are read', async () => {
    for (const frozen of [0, 1, 2]) {
      const cluster = await clusterOf(3);
      cluster.addTopic('t', [0, 1, 2]);
      cluster.coordinator = (frozen + 1) % 3;
      for (const partition of [0, 1, 2]) cluster.partition('t', partition).values.push(`of ${partition}`);
      cluster.node(frozen).freeze();
      const { consumer, seen } = memberOf(cluster, { subscriptions: ['t'] });
      const joining = consumer.start();
      void joining.catch(() => undefined);
      const tookMs = await until(() => seen.length === 2, 30_000);
      expect(tookMs).toBeLessThan(7_000);
      expect(consumer.problem()).toBe(`no leader answers for t-${frozen}`);
    }
  });

  test('the partitions of the others are read on within a second, and its own when their leaders moved', async () => {
    const cluster = await clusterOf(3);
    cluster.addTopic('t', [0, 1, 2]);
    const { consumer, seen } = memberOf(cluster, { subscriptions: ['t'] });
    await during(consumer.start());
    cluster.node(2).freeze();
    let longestMs = 0;
    for (let count = 0; count < 40; count += 1) {
      const value = `v-${count}`;
      cluster.partition('t', count % 2).values.push(value);
      longestMs = Math.max(longestMs, await until(() => seen.includes(value), 10_000));
      await pass(300);
    }
    expect(longestMs).toBeLessThan(1_000);
    expect(consumer.problem()).toContain('cannot fetch');
    cluster.partition('t', 2).leader = 0;
    cluster.partition('t', 2).values.push('moved');
    await until(() => seen.includes('moved'), 10_000);
    expect(consumer.problem()).toBeNull();
  });

  test('a heartbeat finds the coordinator that takes its place: nothing is given up', async () => {
    const cluster = await clusterOf(3);
    cluster.addTopic('t', [1]);
    let revocations = 0;
    const { consumer, seen, leases } = memberOf(cluster, {
      subscriptions: ['t'],
      onRevoking: () => Promise.resolve(void (revocations += 1)),
    });
    await during(consumer.start());
    const [before] = leases;
    cluster.node(0).freeze();
    // As long as the others need to see that a broker is gone.
    await pass(4_000);
    cluster.coordinator = 2;
    await until(() => consumer.silentMs < 1_500, 6_000);
    await pass(10_000);
    expect([revocations, leases[0] === before, consumer.problem()]).toEqual([0, true, null]);
    cluster.partition('t', 0).values.push('a');
    await until(() => seen.length === 1, 1_000);
    await until(() => cluster.committed.get('t-0') === 1, 1_000);
  });
});

describe('with a partition that has no leader', () => {
  test('of another topic nothing is felt, whether topics are named or meant by a pattern', async () => {
    for (const subscription of ['t', /^t$/]) {
      const cluster = await clusterOf(2);
      cluster.addTopic('t', [0, 1]);
      cluster.addTopic('other', [-1, 0]);
      cluster.partition('t', 0).values.push('a');
      const { consumer, seen } = memberOf(cluster, { subscriptions: [subscription] });
      await during(consumer.start());
      await until(() => seen.length === 1, 1_000);
      await until(() => cluster.committed.get('t-0') === 1, 1_000);
      expect(consumer.problem()).toBeNull();
    }
  });

  test('of ours the others are read and committed, it is told, and read when it has a leader', async () => {
    const cluster = await clusterOf(2);
    cluster.addTopic('t', [0, -1, 1]);
    for (const partition of [0, 1, 2]) cluster.partition('t', partition).values.push(`of ${partition}`);
    const { consumer, seen } = memberOf(cluster, { subscriptions: ['t'] });
    await during(consumer.start());
    await until(() => seen.length === 2, 1_000);
    await pass(1_000);
    expect([cluster.committed.get('t-0'), cluster.committed.get('t-2')]).toEqual([1, 1]);
    expect(consumer.problem()).toBe('no leader answers for t-1');
    cluster.partition('t', 1).leader = 1;
    await until(() => seen.includes('of 1'), 15_000);
    expect(seen.toSorted()).toEqual(['of 0', 'of 1', 'of 2']);
    expect(consumer.problem()).toBeNull();
  });

  test('of ours that loses it while it is read, too', async () => {
    const cluster = await clusterOf(2);
    cluster.addTopic('t', [0, 1]);
    const { consumer, seen } = memberOf(cluster, { subscriptions: ['t'] });
    await during(consumer.start());
    cluster.partition('t', 1).leader = -1;
    for (const partition of [0, 1]) cluster.partition('t', partition).values.push(`of ${partition}`);
    await until(() => seen.includes('of 0'), 1_000);
    await pass(8_000);
    expect(consumer.problem()).toContain('t-1');
    cluster.partition('t', 0).values.push('again');
    await until(() => seen.includes('again'), 1_000);
    cluster.partition('t', 1).leader = 0;
    await until(() => seen.includes('of 1'), 10_000);
    await pass(500);
    expect(consumer.problem()).toBeNull();
  });
});

test('a leader that comes back under its instance id notices partitions that are added', async () => {
  const cluster = await clusterOf(1);
  cluster.addTopic('t', [0]);
  const first = memberOf(cluster, { subscriptions: ['t'] }, 'pod-0');
  await during(first.consumer.start());
  // It is killed: nobody hears of it.
  cluster.node(0).freeze();
  await during(first.consumer.stop());
  cluster.node(0).thaw();
  const { generation } = cluster.group;
  const { consumer, seen } = memberOf(cluster, { subscriptions: ['t'] }, 'pod-0');
  await during(consumer.start());
  // Kafka told it of no change, and not that it leads.
  expect(cluster.group.generation).toBe(generation);
  cluster.topics.get('t')?.push({ leader: 0, values: ['added'] });
  await until(() => seen.includes('added'), 30_000);
  expect(cluster.group.generation).toBe(generation + 1);
});

/** Three brokers of its own: what a sink promises while they are restarted, killed and frozen under it. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { OwnCluster } from '../support/own-cluster.ts';
import { until } from '../support/until.ts';
import { KafkaWorld, range, valueOf } from '../adapters/kafka/kafka-world.ts';

const cluster = await OwnCluster.start();
const world = new KafkaWorld(cluster.address, 'cluster.');
const partitions = 6;
const topic = world.name('topic');
await world.admin.ensure([{ name: topic, partitions, replication: 3, config: { 'min.insync.replicas': '2' } }]);

afterAll(async () => {
  await world.close();
  await cluster.remove();
}, 60_000);

let sent = 0;

/** Appends all the while, and waits until all is acknowledged. */
async function under(fault: () => Promise<void>): Promise<void> {
  const appends: Promise<void>[] = [];
  const timer = setInterval(() => {
    const record = { topic, key: null, partition: sent % partitions, value: Buffer.from(String(sent)) };
    appends.push(world.sink.append([record]));
    sent += 1;
  }, 5);
  try {
    await fault();
  } finally {
    clearInterval(timer);
  }
  await Promise.all(appends);
}

async function expectEachOnceInOrder(): Promise<void> {
  const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
  await reader.start();
  await until(() => reader.records.length >= sent, { timeoutMs: 60_000, everyMs: 50 });
  await reader.stop();
  for (const partition of range(0, partitions)) {
    const values = reader.records.filter((record) => record.partition === partition).map(valueOf);
    expect(values).toEqual(range(0, sent).filter((value) => value % partitions === partition));
  }
}

describe('every record is in the log once, in order, while', () => {
  test('nothing happens, and no request runs out of time at a broker', async () => {
    const before = world.log.lines.length;
    await under(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
    // Brokers that are slow at their start may give a partition to another one: `NOT_LEADER_OR_FOLLOWER` then is no defect of ours.
    const errors = world.log.lines.slice(before).map(({ fields }) => String(fields['error']));
    expect(errors.filter((error) => error.includes('REQUEST_TIMED_OUT'))).toEqual([]);
    await expectEachOnceInOrder();
  }, 60_000);

  // All of them, one after another: three-brokers-lose-nothing.spec.ts.
  test('a leader is restarted', async () => {
    const node = await cluster.leaderOf(topic);
    await under(async () => {
      await cluster.stopNode(node);
      await cluster.startNode(node);
      await cluster.inSync();
    });
    await expectEachOnceInOrder();
  }, 240_000);

  test('a leader is killed', async () => {
    const node = await cluster.leaderOf(topic);
    await under(async () => {
      await cluster.killNode(node);
      await until(() => world.sink.oldestUnacknowledgedMs < 500, { timeoutMs: 60_000, everyMs: 50 });
      await cluster.startNode(node);
      await cluster.inSync();
    });
    await expectEachOnceInOrder();
  }, 240_000);

  test('a leader is frozen until another one leads, and thawed with requests in its sockets', async () => {
    const node = await cluster.leaderOf(topic);
    await under(async () => {
      cluster.freezeNode(node);
      const isBehind = () => world.sink.oldestUnacknowledgedMs > 2_000;
      await until(isBehind, { timeoutMs: 60_000, what: 'the leader is silent' });
      // Without waiting for the frozen one.
      await until(() => world.sink.oldestUnacknowledgedMs < 500, { timeoutMs: 120_000, what: 'others lead' });
      cluster.thawNode(node);
      await cluster.inSync();
    });
    await expectEachOnceInOrder();
  }, 240_000);
});

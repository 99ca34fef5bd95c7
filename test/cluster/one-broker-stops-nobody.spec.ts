/**
 * Three real brokers, and partitions of which each has one replica only. A broker dies with its partition, and another stands
 * still while it coordinates the group: a member goes on with the partitions of the others, and what fan-out writes to them is
 * written.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { EventWriter } from '../../apps/fanout/event-writer.ts';
import { FanoutMetrics } from '../../apps/fanout/fanout-metrics.ts';
import { Slice } from '../../apps/fanout/slice.ts';
import { BatchConsumer } from '../../libs/kafka/consumer/batch-consumer.ts';
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import type { PartitionLease } from '../../libs/kafka/record.ts';
import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { Metrics } from '../../libs/runtime/metrics.ts';
import { handledAs } from '../support/handled-event.ts';
import { OwnCluster } from '../support/own-cluster.ts';
import { until } from '../support/until.ts';

const topic = 'single-replicas';
const groupId = 'one-broker';

let cluster: OwnCluster;
let producer: Producer;
const consumers: BatchConsumer[] = [];

beforeAll(async () => {
  cluster = await OwnCluster.start();
  const kafka = new Kafka({
    clientId: 'test',
    brokers: cluster.address.split(','),
    logLevel: logLevel.NOTHING,
    requestTimeout: 3_000,
  });
  const admin = kafka.admin();
  await admin.connect();
  const replicaAssignment = cluster.nodes.map((node, partition) => ({ partition, replicas: [node] }));
  await admin.createTopics({ topics: [{ topic, replicaAssignment }] });
  await admin.disconnect();
  producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
}, 120_000);

afterAll(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  await producer.disconnect();
  await cluster.remove();
}, 60_000);

function connection(clientId: string) {
  return { brokers: cluster.address.split(','), tls: false, tlsCa: null, sasl: null, clientId };
}

function append(node: number, value: string): Promise<unknown> {
  return producer.send({ topic, messages: [{ partition: node - 1, value }] });
}

async function member(seen: string[], onRevoking: () => void): Promise<BatchConsumer> {
  const logger = createLogger('member', 'fatal');
  const consumer = new BatchConsumer(
    new KafkaClient(connection('member'), logger),
    {
      groupId,
      subscriptions: [topic],
      onBatch: ({ lease, records }) => {
        for (const { value, offset } of records) {
          seen.push(String(value));
          lease.complete(offset);
        }
      },
      onRevoking: () => {
        onRevoking();
        return Promise.resolve();
      },
    },
    logger,
  );
  consumers.push(consumer);
  await consumer.start();
  return consumer;
}

test('a partition without a leader is told and waited for, a frozen coordinator replaced; the others are read', async () => {
  for (const node of cluster.nodes) await append(node, `first of ${node}`);
  const coordinator = await (async () => {
    const first: string[] = [];
    const warm = await member(first, () => undefined);
    await until(() => first.length === 3, { timeoutMs: 10_000, what: 'everything is read' });
    await warm.stop();
    return cluster.coordinatorOf(groupId);
  })();
  const [dead = 0, other = 0] = cluster.nodes.filter((node) => node !== coordinator);
  for (const node of cluster.nodes) await append(node, `of ${node}`);
  await cluster.killNode(dead);
  await pause(6_000);
  const seen: string[] = [];
  let revocations = 0;
  const consumer = await member(seen, () => {
    revocations += 1;
  });
  await until(() => seen.length === 2, { timeoutMs: 10_000, what: 'the partitions that have leaders are read' });
  expect(seen.toSorted()).toEqual([`of ${coordinator}`, `of ${other}`].toSorted());
  expect(consumer.problem()).toBe(`no leader answers for ${topic}-${dead - 1}`);
  await cluster.startNode(dead);
  await until(() => seen.includes(`of ${dead}`), {
    timeoutMs: 30_000,
    what: 'it is read when it has its leader again',
  });
  await until(() => consumer.problem() === null, { timeoutMs: 15_000, what: 'the member is ready' });
  await cluster.inSync();
  revocations = 0;
  cluster.freezeNode(coordinator);
  const frozenAt = Date.now();
  const took = { replacedMs: 0, readMs: 0 };
  try {
    // How long the cluster takes to give the group to another broker is its own affair (`broker.session.timeout.ms`, 9 s, and an
    // election). An answer while that broker is still frozen is another's.
    await until(() => consumer.silentMs > 4_000, { timeoutMs: 15_000, what: 'the coordinator is silent' });
    await until(() => consumer.silentMs < 4_000, { timeoutMs: 30_000, what: 'another coordinator answers' });
    took.replacedMs = Date.now() - frozenAt;
    const appendedAt = Date.now();
    await append(other, 'while it is frozen');
    await until(() => seen.includes('while it is frozen'), { timeoutMs: 10_000, what: 'the others are read' });
    took.readMs = Date.now() - appendedAt;
  } finally {
    cluster.thawNode(coordinator);
  }
  process.stdout.write(`replaced after ${took.replacedMs} ms, read within ${took.readMs} ms\n`);
  expect(revocations).toBe(0);
}, 150_000);

test('what fan-out writes to the partitions that have leaders is written; what needs the other one waits for it', async () => {
  const logger = createLogger('fanout', 'fatal');
  const sink = new RecordSink(new KafkaClient(connection('fanout'), logger), logger, { whenUnwritable: 'wait' });
  const metrics = new FanoutMetrics(new Metrics('one-broker'));
  const writer = new EventWriter({ sink, metrics, rejectedTopic: 'rejected', logger, now: Date.now });
  const completed = new Map<number, number>();
  const beganAt = Date.now();
  const lease: PartitionLease = {
    topic: 'platform.events',
    partition: 0,
    epoch: 1,
    isHeld: true,
    incomplete: 0,
    complete: (offset) => completed.set(offset, Date.now() - beganAt),
    pause: () => undefined,
    resume: () => undefined,
  };
  const [dead = 0] = cluster.nodes;
  const write = (offset: number, nodes: readonly number[]) => {
    const slice = new Slice();
    const record = { topic: lease.topic, partition: 0, offset, timestampMs: 0, key: null, value: null, headers: {} };
    const records = nodes.map((node) => ({ topic, partition: node - 1, key: null, value: Buffer.from(`${offset}`) }));
    slice.add({ lease, record }, handledAs(records));
    return writer.write(slice);
  };
  try {
    await write(0, cluster.nodes);
    await cluster.killNode(dead);
    const others = cluster.nodes.filter((node) => node !== dead);
    const writing: Promise<void>[] = [];
    for (let offset = 1; offset <= 20; offset += 1) {
      writing.push(write(offset, offset % 4 === 0 ? cluster.nodes : others));
    }
    const isWell = (offset: number) => offset % 4 !== 0;
    const wanted = [0, ...Array.from({ length: 20 }, (_, index) => index + 1).filter(isWell)];
    const areThere = (offsets: readonly number[]) => offsets.every((offset) => completed.has(offset));
    await until(() => areThere(wanted), { timeoutMs: 40_000, what: 'what can be written is written' });
    const lastMs = Math.max(...completed.values());
    expect([...completed.keys()].filter((offset) => !wanted.includes(offset))).toEqual([]);
    await cluster.startNode(dead);
    await until(() => completed.size === 21, { timeoutMs: 30_000, what: 'the rest is written once it has its leader' });
    await Promise.all(writing);
    process.stdout.write(`the last that could be written was written after ${lastMs} ms\n`);
  } finally {
    await sink.close();
  }
}, 150_000);

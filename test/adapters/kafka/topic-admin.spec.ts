import { expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { kafkaWorld, soon } from './kafka-world.ts';

const world = await kafkaWorld();

test('topics are created once, with their configuration, and what differs is told', async () => {
  const wanted = (partitions: number, retention: string) => [
    { name: `${world.prefix}a`, partitions, replication: 1, config: { 'retention.ms': retention } },
    { name: `${world.prefix}b`, partitions: 1, replication: 1, config: { 'cleanup.policy': 'compact' } },
  ];
  expect(await world.admin.ensure(wanted(3, '1000'))).toEqual({
    created: [`${world.prefix}a`, `${world.prefix}b`],
    mismatched: [],
  });
  expect(await world.admin.ensure(wanted(3, '1000'))).toEqual({ created: [], mismatched: [] });
  expect(await world.admin.ensure(wanted(6, '2000'))).toEqual({
    created: [],
    mismatched: [`${world.prefix}a: partitions is 3, not 6`, `${world.prefix}a: retention.ms is 1000, not 2000`],
  });
});

test('ends, and how far a group is behind them', async () => {
  const topic = await world.topic(2);
  const groupId = world.name('group');
  await world.produce(topic, 0, 10, 0);
  await world.produce(topic, 10, 15, 1);
  expect(await world.admin.endOffsets(topic)).toEqual(new Map([[0, 10], [1, 5]])); // prettier-ignore
  const all = new Map([[`${topic}-0`, 10], [`${topic}-1`, 5]]); // prettier-ignore
  expect(await world.admin.groupLag(groupId, [topic])).toEqual(all);
  const reader = world.consumer({ groupId, subscriptions: [topic] });
  await reader.start();
  await until(() => reader.records.length === 15, soon);
  await reader.stop();
  await world.produce(topic, 15, 17, 1);
  expect(await world.admin.groupLag(groupId, [topic])).toEqual(new Map([[`${topic}-0`, 0], [`${topic}-1`, 2]])); // prettier-ignore
});

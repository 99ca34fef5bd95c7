import { expect, test } from '@jest/globals';
import { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import { sessionTimeoutMs } from '../../../libs/kafka/consumer/group-member.ts';
import { until } from '../../support/until.ts';
import { kafkaWorld, range, Reader, soon } from './kafka-world.ts';

const world = await kafkaWorld();

function named(instanceId: string, groupId: string, topic: string): Reader {
  const connection = { brokers: world.brokers, tls: false, tlsCa: null, sasl: null, clientId: 'test', instanceId };
  const client = new KafkaClient(connection, world.log.logger);
  return world.stopLater(new Reader(client, { groupId, subscriptions: [topic] }, world.log.logger));
}

test('a member that comes back under its instance id goes on at once, and the others do not stop', async () => {
  const topic = await world.topic(2);
  const groupId = world.name('group');
  const one = named('one', groupId, topic);
  const two = named('two', groupId, topic);
  await one.start();
  await two.start();
  await until(() => one.assigned.length > 0 && two.assigned.at(-1)?.length === 1, soon);
  await until(() => one.assigned.at(-1)?.length === 1, soon);
  const partition = one.assigned.at(-1)?.[0]?.partition ?? -1;
  await world.produce(topic, 0, 10, partition);
  await until(() => one.records.length === 10, soon);
  const revokedBefore = two.revoked.length;

  // The first one has not left, as after a kill: the group would wait for it until its session times out.
  const startedAt = Date.now();
  const again = named('one', groupId, topic);
  await again.start();
  expect(Date.now() - startedAt).toBeLessThan(sessionTimeoutMs);
  expect(again.assigned.at(-1)?.map((lease) => lease.partition)).toEqual([partition]);
  await world.produce(topic, 10, 20, partition);
  await until(() => again.values.includes(19), soon);
  // Those of the last commit interval may come twice, none is missing.
  expect([...new Set([...one.values.slice(0, 10), ...again.values])]).toEqual(range(0, 20));
  expect(two.revoked).toHaveLength(revokedBefore);

  // Who was replaced says so and does not take its place back.
  await until(() => one.consumer.problem()?.startsWith('cannot join') === true, soon);
  await world.produce(topic, 20, 30, partition);
  await until(() => again.values.includes(29), soon);
  expect(again.consumer.problem()).toBeNull();
}, 60_000);

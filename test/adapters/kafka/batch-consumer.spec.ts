import { describe, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { kafkaWorld, range, soon } from './kafka-world.ts';

const world = await kafkaWorld();

describe('a consumer', () => {
  test('delivers every record of a partition in order, from the beginning', async () => {
    const topic = await world.topic();
    await world.produce(topic, 0, 1_000);
    const reader = world.consumer({ groupId: world.name('group'), subscriptions: [topic] });
    await reader.start();
    expect(reader.consumer.problem()).toBeNull();
    await world.produce(topic, 1_000, 1_500);
    await until(() => reader.records.length >= 1_500, soon);
    expect(reader.values).toEqual(range(0, 1_500));
    await reader.stop();
  });
});

import { describe, expect, test } from '@jest/globals';
import { allTopics } from '../libs/wire/topics.ts';
import { wantedTopics } from './wanted-topics.ts';

const config = {
  TOPIC_PARTITIONS: 12,
  TOPIC_REPLICATION: 3,
  TOPIC_PREFIX: '',
  PLATFORM_TOPICS: ['platform.events'],
  PLATFORM_KAFKA_BROKERS: null,
};

describe('topics that setup wants', () => {
  test('every topic of the table, once, with the same partition count', () => {
    const wanted = wantedTopics({ ...config, TOPIC_PREFIX: 'eu.' });
    expect(wanted.map(({ name }) => name).sort()).toEqual(allTopics.map(({ name }) => `eu.${name}`).sort());
    expect(new Set(wanted.map(({ partitions }) => partitions))).toEqual(new Set([12]));
  });

  test('compacted topics have no time limit, the others have theirs', () => {
    const byName = new Map(wantedTopics(config).map((topic) => [topic.name, topic.config]));
    expect(byName.get('webhook.definitions')).toMatchObject({ 'cleanup.policy': 'compact' });
    expect(byName.get('webhook.definitions')).not.toHaveProperty(['retention.ms']);
    expect(byName.get('webhook.deliveries')).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '604800000' });
  });

  test.each([
    [1, '1'],
    [2, '1'],
    [3, '2'],
  ])('with %d replicas, %s must be in sync', (replication, inSync) => {
    const [topic] = wantedTopics({ ...config, TOPIC_REPLICATION: replication });
    expect(topic).toMatchObject({ replication, config: { 'min.insync.replicas': inSync } });
  });

  test('of a platform with a cluster of its own none is made, and events over HTTP have a topic', () => {
    const apart = {
      ...config,
      TOPIC_PREFIX: 'eu.',
      PLATFORM_TOPICS: ['orders'],
      PLATFORM_KAFKA_BROKERS: ['there:9092'],
    };
    expect(wantedTopics(apart)).toEqual(wantedTopics({ ...config, TOPIC_PREFIX: 'eu.' }));
  });

  test('platform topics are the configured ones; a regular expression creates none', () => {
    const names = wantedTopics({ ...config, PLATFORM_TOPICS: ['orders', '/^billing\\./'] }).map(({ name }) => name);
    expect(names).toContain('orders');
    // What is published over HTTP is written there and read, whatever is named.
    expect(names).toContain('platform.events');
    expect(names).toContain('platform.events.rejected');
    expect(names.filter((name) => name.includes('billing'))).toEqual([]);
  });
});

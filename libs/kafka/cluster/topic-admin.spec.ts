import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeCluster } from '../../../test/support/fake-cluster.ts';
import type { Logger } from '../../runtime/logger.ts';
import { KafkaClient } from './kafka-client.ts';
import { TopicAdmin } from './topic-admin.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

let cluster: FakeCluster;
let admin: TopicAdmin;

beforeEach(async () => {
  cluster = await FakeCluster.start(2);
  cluster.addTopic('t', [0, -1, 1]);
  cluster.addTopic('other', [1]);
  cluster.partition('t', 0).values.push('a', 'b', 'c');
  cluster.partition('t', 2).values.push('d');
  cluster.partition('other', 0).values.push('e');
  cluster.committed.set('t-0', 1);
  const connection = { brokers: cluster.addresses, tls: false, tlsCa: null, sasl: null, clientId: 'test' };
  admin = new TopicAdmin(new KafkaClient(connection, silent));
});

afterEach(async () => {
  await admin.close();
  await cluster.stop();
});

test('a partition without a leader is left out, and hides none of the others', async () => {
  expect(await admin.endOffsets('t')).toEqual(new Map([[0, 3], [2, 1]])); // prettier-ignore
  expect(await admin.lagBehind('t', new Map([[0, 2]]))).toBe(2);
  expect(await admin.groupLag('g', ['t', 'other'])).toEqual(new Map([['t-0', 2], ['t-2', 1], ['other-0', 1]])); // prettier-ignore
  const held = await admin.holdings(['t', 'gone', 'other']);
  expect([...held.keys()]).toEqual(['t', 'other']);
  expect(held.get('t')).toEqual([
    { partition: 0, begin: 0, end: 3 },
    { partition: 2, begin: 0, end: 1 },
  ]);
});

test('questions that are asked at once do not mix', async () => {
  const [one, two] = await Promise.all([admin.endOffsets('t'), admin.endOffsets('other')]);
  expect([one.size, two.size]).toEqual([2, 1]);
});

test('a topic that is not there is an error', async () => {
  await expect(admin.endOffsets('gone')).rejects.toThrow('does not host this topic-partition');
});

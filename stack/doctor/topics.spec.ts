import { expect, test } from '@jest/globals';
import type { TopicDifference } from '../../libs/kafka/cluster/topic-admin.ts';
import { judgeDifferences } from './topics.ts';

const lanes = ['deliveries', 'parked'] as const;
const platform = ['platform.events'];

function found(...differences: readonly (readonly [topic: string, what: string, has: string, wants: string])[]) {
  const named = differences.map(([topic, what, has, wants]): TopicDifference => ({ topic, what, has, wants }));
  return judgeDifferences(named, { platform, lanes });
}

test.each([
  ['other partitions', ['events', 'partitions', '6', '12'], 'warning', /TOPIC_PARTITIONS/],
  ['partitions of one lane', ['parked', 'partitions', '6', '12'], 'error', /cannot run/],
  ['fewer replicas', ['events', 'replication', '1', '3'], 'warning', /reassign/],
  ['more replicas', ['events', 'replication', '3', '1'], 'notice', /TOPIC_REPLICATION/],
  ['no compaction', ['definitions', 'cleanup.policy', 'delete', 'compact'], 'error', /older than .*=compact$/],
  ['compaction', ['deliveries', 'cleanup.policy', 'compact', 'delete'], 'error', /of each key .*=delete$/],
  ['a shorter time', ['events', 'retention.ms', '1000', '2000'], 'warning', /retention.ms=2000$/],
  ['a longer time', ['events', 'retention.ms', '3000', '2000'], 'notice', /retention.ms=2000$/],
  ['smaller records', ['events', 'max.message.bytes', '10', '20'], 'warning', /max.message.bytes=20$/],
  ['partitions of the platform', ['platform.events', 'partitions', '50', '12'], 'notice', /theirs/],
] as const)('%s', (_what, difference, severity, remedy) => {
  expect(found(difference)).toMatchObject([{ area: 'topics', severity, remedy: expect.stringMatching(remedy) }]);
});

test('what differs in the same way is one finding, and both lanes alike are no odd lane', () => {
  const topics = ['deliveries', 'parked', 'a', 'b', 'c', 'd'];
  const findings = found(...topics.map((topic) => [topic, 'partitions', '24', '12'] as const));
  expect(findings).toMatchObject([
    { severity: 'warning', says: 'partitions is 24, not 12: deliveries, parked, a, b and 2 more' },
  ]);
});

/** In: what the group gave this member. Out: a lease for each partition, that begins where the last one ended. */
import { partitionKey, type ClusterLink, type TopicPartition } from './cluster-link.ts';
import type { GroupMember } from './group-member.ts';
import { Lease, type LeaseStart } from './lease.ts';

export interface AssignmentTerms extends Pick<LeaseStart, 'epoch' | 'wake' | 'completed'> {
  readonly assigned: readonly TopicPartition[];
  readonly keepsOf: (topic: string) => LeaseStart['keeps'];
}

/** @throws what kafkajs throws */
export async function leasesOf(
  { assigned, keepsOf, ...terms }: AssignmentTerms,
  member: GroupMember,
  link: ClusterLink,
): Promise<Lease[]> {
  const committed = await member.committed(assigned.filter(({ topic }) => keepsOf(topic) !== 'external'));
  const ranges = await link.offsetRanges(assigned);
  const external = new Set(assigned.map(({ topic }) => topic).filter((topic) => keepsOf(topic) === 'external'));
  const topicIds = await link.topicIds([...external]);
  return assigned.map(({ topic, partition }) => {
    const key = partitionKey({ topic, partition });
    return new Lease({
      ...terms,
      topic,
      partition,
      keeps: keepsOf(topic),
      committed: committed.get(key) ?? null,
      startOffset: ranges.get(key)?.start ?? 0,
      endOffset: ranges.get(key)?.end ?? 0,
      topicId: topicIds.get(topic) ?? null,
    });
  });
}

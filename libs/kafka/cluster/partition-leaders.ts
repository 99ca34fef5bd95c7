/** Who leads the partitions that are to be read, as far as the metadata of a link says; those that nobody leads are left out. */
import type { ClusterLink, TopicPartition } from './cluster-link.ts';

export function partitionLeaders<Position extends TopicPartition>(
  link: ClusterLink,
  positions: readonly Position[],
): Map<Position, string> {
  const leaders = new Map<Position, string>();
  for (const topic of new Set(positions.map((position) => position.topic))) {
    const metadata = metadataOf(link, topic);
    for (const position of positions) {
      const leader = position.topic === topic ? metadata.get(position.partition) : undefined;
      if (leader !== undefined) leaders.set(position, leader);
    }
  }
  return leaders;
}

function metadataOf(link: ClusterLink, topic: string): Map<number, string> {
  try {
    const partitions = link.cluster.findTopicPartitionMetadata(topic);
    const led = partitions.filter(({ leader }) => leader >= 0);
    return new Map(led.map(({ partitionId, leader }) => [partitionId, String(leader)]));
  } catch {
    // Not loaded, or lost with the last broker: the fetch fails, and that loads it.
    return new Map();
  }
}

/**
 * Which member of a consumer group gets which partitions: with n members in the order of their ids, partition p of
 * EVERY topic goes to member p mod n. So what is keyed alike in several topics (a webhook's deliveries and its parked
 * ones) is always with the same member.
 */
import kafkajs from 'kafkajs';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const version = 0;

/** Name of the protocol: all members of a group have to speak it. */
export const coPartitionProtocol = 'co-partition';

export interface Member {
  readonly memberId: string;
  readonly topics: readonly string[];
}

export type Assignment = Readonly<Record<string, readonly number[]>>;

/** Members that do not know a topic get nothing of it; the others share it as if they were alone. */
export function coPartition(
  members: readonly Member[],
  partitionCountOf: (topic: string) => number,
): Map<string, Record<string, number[]>> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assignments = new Map(sorted.map(({ memberId }): [string, Record<string, number[]>] => [memberId, {}]));
  const topics = new Set(sorted.flatMap((member) => member.topics));
  for (const topic of [...topics].sort()) {
    const sharers = sorted.filter((member) => member.topics.includes(topic));
    const partitions = Array.from({ length: partitionCountOf(topic) }, (_, partition) => partition);
    sharers.forEach(({ memberId }, place) => {
      const own = partitions.filter((partition) => partition % sharers.length === place);
      const assignment = assignments.get(memberId);
      if (own.length > 0 && assignment !== undefined) assignment[topic] = own;
    });
  }
  return assignments;
}

export function encodeSubscription(topics: readonly string[]): Buffer {
  return MemberMetadata.encode({ version, topics: [...topics], userData: Buffer.alloc(0) });
}

export function decodeSubscription(metadata: Buffer): readonly string[] {
  return MemberMetadata.decode(metadata)?.topics ?? [];
}

/** @param counts partitions of each topic as the leader saw them, for members that come back without sharing anew */
export function encodeAssignment(
  assignment: Record<string, number[]>,
  counts: ReadonlyMap<string, number> = new Map(),
): Buffer {
  return MemberAssignment.encode({ version, assignment, userData: Buffer.from(JSON.stringify([...counts])) });
}

/** Empty when the leader did not say, or it cannot be read. */
export function decodeCounts(encoded: Buffer): ReadonlyMap<string, number> {
  try {
    const { userData } = MemberAssignment.decode(encoded) ?? {};
    return new Map(JSON.parse(userData?.toString('utf8') ?? '') as [string, number][]);
  } catch {
    return new Map();
  }
}

/** Nothing when the leader gave this member nothing. */
export function decodeAssignment(encoded: Buffer): Assignment {
  return MemberAssignment.decode(encoded)?.assignment ?? {};
}

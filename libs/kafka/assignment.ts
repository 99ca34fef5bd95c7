/**
 * In: what the group gave this member. Out: a lease for each partition, that begins where the last one ended, and those
 * partitions of which nobody can say now where they begin and end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { partitionKey, type ClusterLink, type OffsetRange, type TopicPartition } from './cluster-link.ts';
import type { Committer } from './committer.ts';
import type { BatchConsumerOptions } from './consumer-options.ts';
import type { FetchLoop } from './fetch-loop.ts';
import type { GroupMember } from './group-member.ts';
import { Lease, type LeaseStart } from './lease.ts';
import type { PastStays } from './past-stays.ts';

/** How often a log is asked for its end that seems to lie before what was read, and how long from one time to the next. */
export const looksAtEnd = 6;
export const betweenLooksMs = 1_000;

export interface AssignmentTerms {
  readonly assigned: readonly TopicPartition[];
  readonly epoch: number;
  readonly options: BatchConsumerOptions;
  readonly fetches: Pick<FetchLoop, 'wake'>;
  readonly committer: Pick<Committer, 'recordCompleted'>;
}

export interface Assigned {
  readonly leases: readonly Lease[];
  /** Without a leader, or with one that does not answer: no lease, until it does. */
  readonly unreadable: readonly TopicPartition[];
}

/** @throws what kafkajs throws */
export async function leasesOf(
  { assigned, epoch, options, fetches, committer }: AssignmentTerms,
  member: GroupMember,
  link: ClusterLink,
): Promise<Assigned> {
  const committed = await member.committed(assigned.filter(({ topic }) => keepsOf(topic, options) !== 'external'));
  const ranges = await rangesOf(assigned, committed, link);
  const external = new Set(
    assigned.map(({ topic }) => topic).filter((topic) => keepsOf(topic, options) === 'external'),
  );
  const topicIds = await link.topicIds([...external]);
  const wake = () => {
    fetches.wake();
  };
  const completed = () => {
    committer.recordCompleted();
  };
  const leases: Lease[] = [];
  const unreadable: TopicPartition[] = [];
  for (const { topic, partition } of assigned) {
    const key = partitionKey({ topic, partition });
    const range = ranges.get(key);
    if (range === undefined) {
      unreadable.push({ topic, partition });
      continue;
    }
    const { start: startOffset, end: endOffset } = range;
    const topicId = topicIds.get(topic) ?? null;
    const of = { topic, partition, topicId, keeps: keepsOf(topic, options), committed: committed.get(key) ?? null };
    const look = () => lookAt({ topic, partition }, link);
    leases.push(new Lease({ ...of, epoch, wake, completed, look, startOffset, endOffset }));
  }
  return { leases, unreadable };
}

/**
 * A leader of before that does not know it yet tells of a log that ends below what was committed. It is not believed at once:
 * the whole log would be read again.
 */
async function rangesOf(
  assigned: readonly TopicPartition[],
  committed: ReadonlyMap<string, { readonly offset: number }>,
  link: ClusterLink,
): Promise<Map<string, OffsetRange>> {
  for (let looks = 1; ; looks += 1) {
    const ranges = await link.offsetRanges(assigned);
    const isBeyondEnd = [...committed].some(([key, { offset }]) => offset > (ranges.get(key)?.end ?? Infinity));
    if (!isBeyondEnd || looks === looksAtEnd) return ranges;
    await pause(betweenLooksMs);
    await link.cluster.refreshMetadata();
  }
}

async function lookAt(one: TopicPartition, link: ClusterLink): Promise<OffsetRange | null> {
  try {
    await link.cluster.refreshMetadata();
    return (await link.offsetRanges([one])).get(partitionKey(one)) ?? null;
  } catch {
    return null;
  }
}

function keepsOf(
  topic: string,
  { offsets, positioned }: Pick<BatchConsumerOptions, 'offsets' | 'positioned'>,
): LeaseStart['keeps'] {
  if (offsets === 'external') return 'external';
  return positioned?.includes(topic) === true ? 'positioned' : 'completed';
}

/** The app takes what was assigned, and says where it begins. @throws HandlerError */
export async function announce(
  leases: readonly Lease[],
  past: PastStays,
  options: Pick<BatchConsumerOptions, 'onAssigned'>,
): Promise<void> {
  for (const lease of leases) past.begins(lease);
  try {
    const positions = (await options.onAssigned?.(leases)) ?? [];
    for (const { topic, partition, offset } of positions) {
      const lease = leases.find((candidate) => candidate.topic === topic && candidate.partition === partition);
      lease?.startAt(offset);
    }
  } catch (cause) {
    throw new HandlerError(cause);
  }
}

/** What the app threw: a programmer error. */
export class HandlerError extends Error {
  constructor(cause: unknown) {
    super('a handler failed', { cause });
  }
}

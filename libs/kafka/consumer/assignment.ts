/**
 * In: what the group gave this member. Out: a lease for each partition, that begins where the last one ended, and those
 * partitions of which nobody can say now where they begin and end.
 */
import { partitionKey, type ClusterLink, type OffsetRange, type TopicPartition } from '../cluster/cluster-link.ts';
import type { Committer } from './committer.ts';
import type { BatchConsumerOptions } from './consumer-options.ts';
import type { FetchLoop } from '../fetch/fetch-loop.ts';
import type { CommittedOffset, GroupMember } from './group-member.ts';
import { Lease, type LeaseStart } from './lease.ts';
import type { PastStays } from './past-stays.ts';
import type { Pause } from './pause.ts';

/** How often a log is asked for its end that seems to lie before what was read, and how long from one time to the next. */
export const looksAtEnd = 6;
export const betweenLooksMs = 1_000;

export interface AssignmentTerms {
  readonly assigned: readonly TopicPartition[];
  readonly epoch: number;
  readonly options: BatchConsumerOptions;
  readonly fetches: Pick<FetchLoop, 'wake'>;
  readonly committer: Pick<Committer, 'recordCompleted'>;
  readonly past: Pick<PastStays, 'readTo'>;
  /** Over once the member is to leave. */
  readonly pause: Pick<Pause, 'for' | 'isOver'>;
}

export interface Assigned {
  readonly leases: readonly Lease[];
  /** Without a leader, or with one that does not answer: no lease, until it does. */
  readonly unreadable: readonly TopicPartition[];
}

/** @throws what kafkajs throws */
export async function leasesOf(terms: AssignmentTerms, member: GroupMember, link: ClusterLink): Promise<Assigned> {
  const { assigned, epoch, options, fetches, committer } = terms;
  const committed = await member.committed(assigned.filter(({ topic }) => keepsOf(topic, options) !== 'external'));
  const [ranges, topicIds] = await Promise.all([rangesOf(terms, committed, link), topicIdsOf(terms, link)]);
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
 * A leader of before that does not know it yet tells of a log that ends below what was committed, or read. It is not believed at
 * once: what is done already would be done again. Who is to leave does not find out, and takes nothing.
 */
async function rangesOf(
  { assigned, options, past, pause }: AssignmentTerms,
  committed: ReadonlyMap<string, CommittedOffset>,
  link: ClusterLink,
): Promise<Map<string, OffsetRange>> {
  const knownEnds = assigned.map((one) => {
    const key = partitionKey(one);
    const commit = committed.get(key) ?? null;
    // Without a commit what was read in an earlier stay is not gone on with.
    const read = commit === null ? 0 : past.readTo(one);
    return [key, Math.max(commit?.offset ?? 0, read, options.knownEnd?.(one, commit) ?? 0)] as const;
  });
  for (let looks = 1; ; looks += 1) {
    const ranges = await link.offsetRanges(assigned);
    const isBeyondEnd = knownEnds.some(([key, end]) => end > (ranges.get(key)?.end ?? Infinity));
    if (!isBeyondEnd || looks === looksAtEnd) return ranges;
    await pause.for(betweenLooksMs);
    if (pause.isOver) throw new Error('stopped before it was known where the log ends');
    await link.cluster.refreshMetadata();
  }
}

/** Of a position in Kafka itself they are worth having, not waiting for. */
async function topicIdsOf(
  { assigned, options }: AssignmentTerms,
  link: ClusterLink,
): Promise<ReadonlyMap<string, string>> {
  const isExternal = options.offsets === 'external';
  if (!isExternal && options.positioned === undefined) return new Map();
  try {
    return await link.topicIds([...new Set(assigned.map(({ topic }) => topic))]);
  } catch (error) {
    if (isExternal) throw error;
    return new Map();
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
  { leases, unreadable }: Assigned,
  past: PastStays,
  options: Pick<BatchConsumerOptions, 'onAssigned'>,
): Promise<void> {
  for (const lease of leases) past.begins(lease);
  try {
    const positions = (await options.onAssigned?.(leases, unreadable)) ?? [];
    for (const { topic, partition, offset } of positions) {
      const lease = leases.find((candidate) => candidate.topic === topic && candidate.partition === partition);
      lease?.startAt(offset);
    }
  } catch (cause) {
    throw new HandlerError(cause);
  }
}

/** The app is about to stop, and takes nothing any more. */
export class LeavingError extends Error {}

/** What the app threw: a programmer error. */
export class HandlerError extends Error {
  constructor(cause: unknown) {
    super('a handler failed', { cause });
  }
}

/**
 * One member of a consumer group, as far as the coordinator knows it: join, heartbeat, commit, leave. It decides
 * nothing: each call is one exchange that works or throws.
 * Holds: commits carry the generation in which the partitions were assigned, so that the coordinator refuses those of
 * a member that was replaced meanwhile.
 */
import { answerMsMax, answerWithin, cutOff, NoAnswerError, withErrorsInside } from '../cluster/broker-answer.ts';
import {
  byTopic,
  partitionKey,
  type ClusterLink,
  type GroupBroker,
  type TopicPartition,
} from '../cluster/cluster-link.ts';
import {
  coPartition,
  coPartitionProtocol,
  decodeAssignment,
  decodeCounts,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './co-partition.ts';
import { brokerError } from '../fetch/fetch-request.ts';

/**
 * A member that is silent for so long is dead: its partitions go to others. Until then the whole group waits for it
 * when it has no instance id and comes back as a new member, so it is no longer than a busy process may be silent.
 */
export const sessionTimeoutMs = 10_000;
/** How long the coordinator waits for members to drain and join again. */
const rebalanceTimeoutMs = 60_000;
/** A heartbeat or a commit that takes longer is tried again elsewhere: the session must not end meanwhile. */
const shortAnswerMsMax = 3_000;
const joinAnswerMsMax = rebalanceTimeoutMs + answerMsMax;
/** Who waits for the others, or for the leader, asks so often whether the group still has this coordinator. */
const lookAgainMs = 3_000;
/** Looks at an assignment that is stale, by who does not lead: the leader, which knows, is to share anew first. */
const looksOfFollower = 3;
const unknownTopic = 3;

export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
}

export interface OffsetToCommit extends TopicPartition, CommittedOffset {}

export class GroupMember {
  private readonly link: ClusterLink;
  private readonly coordination: ClusterLink;
  private readonly groupId: string;
  private memberId = '';
  private generation = -1;
  private coordinator: GroupBroker | null = null;
  /** Partition counts that the leader assigned by; empty when it did not say. */
  private assignedCounts: ReadonlyMap<string, number> = new Map();
  private isLeader = false;
  private staleLooks = 0;

  /**
   * @param coordination a link that nobody fetches over: a broker answers the requests of a connection one after the other,
   *   and a commit would wait for records behind a fetch that does
   */
  constructor(link: ClusterLink, coordination: ClusterLink, groupId: string) {
    this.link = link;
    this.coordination = coordination;
    this.groupId = groupId;
  }

  /** Waits until all members have joined. @returns what this one is to read */
  async join(topics: readonly string[]): Promise<TopicPartition[]> {
    try {
      await this.coordination.connect(topics);
      const coordinator = await this.findCoordinator();
      const join = coordinator.joinGroup({
        groupId: this.groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId: this.memberId,
        groupInstanceId: this.link.instanceId,
        groupProtocols: [{ name: coPartitionProtocol, metadata: encodeSubscription(topics) }],
      });
      const joined = await this.whileCoordinator(coordinator, join);
      this.memberId = joined.memberId;
      this.generation = joined.generationId;
      this.isLeader = joined.leaderId === joined.memberId;
      this.staleLooks = 0;
      const groupAssignment = this.isLeader ? await this.assign(joined.members) : [];
      const sync = coordinator.syncGroup({ ...this.ids(), groupAssignment });
      const { memberAssignment } = await this.whileCoordinator(coordinator, sync);
      const assignment = decodeAssignment(memberAssignment);
      this.assignedCounts = decodeCounts(memberAssignment);
      return Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      );
    } catch (error) {
      if (typeOf(error) === 'UNKNOWN_MEMBER_ID') this.memberId = '';
      throw error;
    }
  }

  /**
   * Partitions were added since the leader assigned them: the group should share them anew. Who leads, Kafka knows: a member
   * that comes back under its instance id is not told. So all of them ask, the leader first where it knows that it is.
   */
  isAssignmentStale(): boolean {
    for (const [topic, count] of this.assignedCounts) {
      if (this.link.partitionsOf(topic).length <= count) continue;
      this.staleLooks += 1;
      return this.isLeader || this.staleLooks >= looksOfFollower;
    }
    return false;
  }

  /** 'rejoin': the group is sharing partitions anew, or does not know this member any more. */
  async heartbeat(): Promise<'ok' | 'rejoin'> {
    try {
      const { groupId, generationId, memberId } = this.ids();
      await this.ask(shortAnswerMsMax, (coordinator) =>
        coordinator.heartbeat({ groupId, groupGenerationId: generationId, memberId }),
      );
      return 'ok';
    } catch (error) {
      return this.rejoinOr(error);
    }
  }

  async committed(partitions: readonly TopicPartition[]): Promise<Map<string, CommittedOffset>> {
    const found = new Map<string, CommittedOffset>();
    if (partitions.length === 0) return found;
    const topics = byTopic(partitions, ({ partition }) => ({ partition }));
    const { responses } = await this.ask(answerMsMax, (coordinator) =>
      coordinator.offsetFetch({ groupId: this.groupId, topics }),
    );
    for (const { topic, partitions: answered } of responses) {
      for (const { partition, offset, metadata } of answered) {
        const known = { offset: Number(offset), metadata: metadata ?? '' };
        if (known.offset >= 0) found.set(partitionKey({ topic, partition }), known);
      }
    }
    return found;
  }

  /** @returns 'rejoin' when refused because this member was replaced */
  async commit(offsets: readonly OffsetToCommit[]): Promise<'ok' | 'rejoin'> {
    const { groupId, generationId, memberId } = this.ids();
    const topics = byTopic(offsets, ({ partition, offset, metadata }) => ({
      partition,
      offset: String(offset),
      metadata,
    }));
    try {
      const { responses } = await this.ask(shortAnswerMsMax, (coordinator) =>
        withErrorsInside(coordinator).offsetCommit({ groupId, groupGenerationId: generationId, memberId, topics }),
      );
      const codes = responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
      // A topic that was deleted has nothing to commit, and keeps no other from being committed.
      const code = codes.find((found) => found !== 0 && found !== unknownTopic);
      if (code !== undefined) throw brokerError(code);
      return 'ok';
    } catch (error) {
      return this.rejoinOr(error);
    }
  }

  /** The others need not wait for the session to time out. */
  async leave(): Promise<void> {
    if (this.memberId === '') return;
    const { groupId, memberId } = this;
    this.memberId = '';
    await this.ask(shortAnswerMsMax, (coordinator) => coordinator.leaveGroup({ groupId, memberId }));
  }

  private ids(): { groupId: string; generationId: number; memberId: string } {
    return { groupId: this.groupId, generationId: this.generation, memberId: this.memberId };
  }

  private async assign(members: readonly { memberId: string; memberMetadata: Buffer }[]) {
    const subscribed = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      topics: decodeSubscription(memberMetadata),
    }));
    const topics = [...new Set(subscribed.flatMap((member) => member.topics))];
    await this.link.connect(topics);
    await this.link.cluster.refreshMetadata();
    const counts = new Map(topics.map((topic) => [topic, this.link.partitionsOf(topic).length]));
    const assignments = coPartition(subscribed, (topic) => counts.get(topic) ?? 0);
    return [...assignments].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: encodeAssignment(assignment, counts),
    }));
  }

  /** @throws the error itself when the group is not to be joined again for it */
  private rejoinOr(error: unknown): 'rejoin' {
    const type = typeOf(error) ?? '';
    if (rejoinTypes.includes(type)) return 'rejoin';
    if (movedTypes.includes(type)) this.coordinator = null;
    throw error;
  }

  private async ask<Answer>(limitMs: number, request: (coordinator: GroupBroker) => Promise<Answer>): Promise<Answer> {
    const coordinator = await this.connectedCoordinator();
    try {
      return await answerWithin(coordinator, limitMs, request(coordinator));
    } catch (error) {
      if (error instanceof NoAnswerError && this.coordinator === coordinator) this.coordinator = null;
      throw error;
    }
  }

  /** An answer that others have a say in may take a minute. The coordinator that is to give it may be frozen, and replaced. */
  private async whileCoordinator<Answer>(coordinator: GroupBroker, answer: Promise<Answer>): Promise<Answer> {
    const look = async () => {
      const nodeId = await this.coordination.coordinatorIdOf(this.groupId).catch(() => null);
      if (nodeId === null || nodeId === String(coordinator.nodeId)) return;
      cutOff(coordinator, new NoAnswerError(`the group moved to broker ${nodeId}`));
    };
    const timer = setInterval(() => void look(), lookAgainMs);
    try {
      return await answerWithin(coordinator, joinAnswerMsMax, answer);
    } finally {
      clearInterval(timer);
    }
  }

  private async findCoordinator(): Promise<GroupBroker> {
    try {
      this.coordinator = await this.coordination.coordinatorOf(this.groupId);
      return this.coordinator;
    } catch (error) {
      // Brokers may have moved, and nothing else on this link would notice.
      await this.coordination.cluster.refreshMetadata().catch(() => undefined);
      throw error;
    }
  }

  private async connectedCoordinator(): Promise<GroupBroker> {
    return this.coordinator?.isConnected() === true ? this.coordinator : this.findCoordinator();
  }
}

const rejoinTypes = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'];
/** The group lives on elsewhere, or will here in a moment: no reason to share its partitions anew. */
const movedTypes = ['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE'];

function typeOf(error: unknown): string | undefined {
  return (error as { type?: string }).type;
}

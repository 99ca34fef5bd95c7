/**
 * In: topics, as a member of a consumer group. Out: batches of records of the partitions that this member holds.
 * Holds: before partitions are given up (rebalance, stop) the app may drain, then offsets are committed, then the
 * leases are fenced, and only then the member joins again or leaves; nothing is fetched before the app has taken what
 * it was assigned; a member that its coordinator does not answer for the session timeout fences itself and joins again;
 * what goes wrong with Kafka is tried again for ever, what goes wrong in a handler ends the process.
 */
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { announce, HandlerError, LeavingError, leasesOf } from './assignment.ts';
import { partitionKey, type ClusterLink, type TopicPartition } from '../cluster/cluster-link.ts';
import type { BatchConsumerOptions } from './consumer-options.ts';
import { FetchLoop, type ReadPosition } from '../fetch/fetch-loop.ts';
import type { FetchedBatch } from '../fetch/fetched-batch.ts';
import { GroupMember } from './group-member.ts';
import { MemberHealth } from './member-health.ts';
import { HeldLeases } from './held-leases.ts';
import { JoinTrouble } from './join-trouble.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';
import type { Lease } from './lease.ts';
import type { LostPosition } from './lost-position.ts';
import { PastStays } from './past-stays.ts';
import { Pause } from './pause.ts';
import { Subscription } from './subscription.ts';
import { troubleFields } from '../trouble.ts';
import { within } from '../within.ts';

const defaultDrainDeadlineMs = 8_000;
const defaultMaxWaitMs = 100;
const defaultPaceMs = 2;
const backOffMsMin = 100;
const backOffMsMax = 3_000;
/** A last commit, and then a farewell, each may take so long when Kafka does not answer. */
const lastWordMs = 700;

export class BatchConsumer {
  private readonly options: BatchConsumerOptions;
  private readonly logger: Logger;
  private readonly trouble: JoinTrouble;
  private readonly link: ClusterLink;
  private readonly coordination: ClusterLink;
  private readonly member: GroupMember;
  private readonly fetches: FetchLoop;
  private readonly standing: MemberHealth;
  private readonly subscription: Subscription;
  private readonly pause = new Pause();
  private readonly past = new PastStays();
  private readonly held = new HeldLeases();
  /** Ours, and without a lease as long as no leader tells of them. */
  private unreadable: readonly TopicPartition[] = [];
  private epoch = 0;
  private state: string | null = 'not started';
  private askRejoin: (reason: string) => void = () => undefined;
  private isStopping = false;
  private running: Promise<void> | null = null;

  constructor(client: KafkaClient, options: BatchConsumerOptions, logger: Logger) {
    this.options = options;
    this.logger = logger.child({ groupId: options.groupId });
    this.trouble = new JoinTrouble(this.logger);
    this.link = client.link();
    this.coordination = client.link();
    this.member = new GroupMember(this.link, this.coordination, options.groupId);
    const rejoin = (reason: string) => {
      this.askRejoin(reason);
    };
    this.fetches = new FetchLoop(
      this.link,
      {
        maxWaitMs: options.maxWaitMs ?? defaultMaxWaitMs,
        ...(options.idleWaitMs === undefined ? {} : { idleWaitMs: options.idleWaitMs }),
        paceMs: options.paceMs ?? defaultPaceMs,
        onBatch: (position, batch) => {
          this.handOut(position, batch);
        },
        onOutOfRange: (position, asked) => {
          const restarted = this.held.restart(position, asked);
          if (restarted === null) return;
          this.tellLost(restarted.lease, restarted.lost);
          if (restarted.isOver) rejoin(`the log of ${position.topic} is not what it was`);
        },
        onTopicGone: () => {
          this.past.forget();
          rejoin('a topic is gone');
        },
      },
      this.logger,
    );
    this.standing = new MemberHealth(
      this.member,
      {
        leases: () => this.held.all(),
        rejoin,
        lost: () => {
          this.fence();
        },
      },
      options,
      this.logger,
    );
    this.subscription = new Subscription(this.link, options.subscriptions, this.logger);
  }

  /** Resolves when joined and consuming; waits while Kafka is away. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.running ??= this.run(resolve).then(resolve, (error: unknown) => {
        this.fail(error);
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  /** Drains, commits, leaves. */
  async stop(): Promise<void> {
    const isConsuming = !this.held.isEmpty;
    this.isStopping = true;
    this.state = 'stopped';
    this.pause.end();
    this.askRejoin('stop');
    // A member that is just joining waits for the others: that is not worth waiting for.
    const drainMs = isConsuming ? (this.options.drainDeadlineMs ?? defaultDrainDeadlineMs) : 0;
    await within(drainMs + 3 * lastWordMs, this.running ?? Promise.resolve());
    this.fetches.stop();
    this.standing.stop();
    await Promise.all([this.link.close(), this.coordination.close()]);
  }

  /** Null once joined and consuming, else what is wrong. */
  problem(): string | null {
    const { unreadable } = this;
    const missing = unreadable.length === 0 ? null : `no leader answers for ${unreadable.map(partitionKey).join(', ')}`;
    return this.state ?? this.standing.problem() ?? this.fetches.problem() ?? missing;
  }

  /** Since the coordinator last answered. */
  get silentMs(): number {
    return this.standing.silentMs;
  }

  /** How long the oldest completed progress has waited since it should have been committed; 0 when none waits. */
  get oldestCommitMs(): number {
    return this.standing.oldestCommitMs;
  }

  /** False when another member may do again what is begun now. Cheap; `onMayStart` tells when it is true again. */
  mayStart(): boolean {
    return this.standing.permit.mayStart();
  }

  /** Records behind the end, by `topic-partition`. */
  get lag(): ReadonlyMap<string, number> {
    return this.held.lag;
  }

  private async run(onConsuming: () => void): Promise<void> {
    let backOffMs = backOffMsMin;
    while (this.isWanted()) {
      const rejoinAsked = new Promise<string>((resolve) => (this.askRejoin = resolve));
      try {
        if (!(await this.join())) continue;
        backOffMs = backOffMsMin;
        this.trouble.over();
        onConsuming();
        const reason = await rejoinAsked;
        if (this.isWanted()) this.logger.info({ reason }, 'giving partitions up to share them anew');
      } catch (error) {
        // Who is stopped before it was ready to take what it was assigned leaves like anybody else.
        const isLeaving = !this.isWanted() || (error instanceof HandlerError && error.cause instanceof LeavingError);
        if (error instanceof HandlerError && !isLeaving) throw error.cause;
        if (isLeaving) this.logger.debug(errorFields(error), 'stopped while joining the group');
        if (this.isWanted()) {
          this.state = `cannot join: ${error instanceof Error ? error.message : String(error)}`;
          this.trouble.say(error, backOffMs);
        }
        await this.pause.for(backOffMs);
        backOffMs = Math.min(backOffMs * 2, backOffMsMax);
      }
      await this.revoke();
    }
    this.standing.heartbeats.stop();
    const leaving = this.member.leave();
    const unsaid = (error: unknown) => {
      this.logger.debug(troubleFields(error), 'left without saying so');
    };
    await within(lastWordMs, leaving.catch(unsaid));
  }

  private isWanted(): boolean {
    return !this.isStopping;
  }

  /** @returns false when there is no topic to read yet */
  private async join(): Promise<boolean> {
    this.state ??= 'joining the group';
    const topics = await this.subscription.topics();
    if (topics.length === 0) {
      this.state = `no topic yet: ${this.options.subscriptions.join(', ')}`;
      await this.pause.for(backOffMsMax);
      return false;
    }
    await this.link.connect(topics);
    // A heartbeat while joining would only hear that the group is being joined.
    this.standing.heartbeats.stop();
    const assigned = await this.member.join(topics);
    this.epoch += 1;
    this.standing.heartbeats.start();
    const { fetches, epoch, options, past, pause } = this;
    const { committer } = this.standing;
    const terms = { assigned, epoch, options, fetches, committer, past, pause };
    const found = await leasesOf(terms, this.member, this.link);
    const { leases, unreadable } = found;
    this.unreadable = unreadable;
    await announce(found, this.past, this.options);
    this.held.replace(leases);
    for (const lease of leases) if (lease.lost !== null) this.tellLost(lease, lease.lost);
    this.standing.committer.start();
    this.watchSubscription();
    this.state = this.isStopping ? 'stopped' : null;
    this.fetches.assign(leases.map(({ position }) => position));
    this.standing.permit.lookAgain();
    this.logger.info({ epoch: this.epoch, partitions: leases.map(partitionKey) }, 'joined the group');
    return true;
  }

  private watchSubscription(): void {
    const { askRejoin } = this;
    this.subscription.watch(async () => {
      if (this.member.isAssignmentStale()) askRejoin('partitions were added');
      if (this.unreadable.length > 0 && (await this.link.offsetRanges(this.unreadable)).size > 0) {
        askRejoin('partitions can be read again');
      }
    }, askRejoin);
  }

  /** Another member may have the partitions by now: nothing of them is fetched, committed or begun any more. */
  private fence(): void {
    if (!this.held.fence()) return;
    this.fetches.assign([]);
    this.options.metrics?.fenced();
    this.logger.warn(
      { silentMs: Math.round(this.silentMs) },
      'the group coordinator has been silent for the session timeout: giving all partitions up',
    );
    this.askRejoin('the coordinator was silent for too long');
  }

  private async revoke(): Promise<void> {
    const leases = this.held.all();
    this.state ??= 'sharing partitions anew';
    this.subscription.unwatch();
    this.standing.committer.stop();
    this.fetches.assign([]);
    this.unreadable = [];
    if (leases.length === 0) return;
    const deadlineMs = this.options.drainDeadlineMs ?? defaultDrainDeadlineMs;
    try {
      const isDrained = await within(deadlineMs, this.options.onRevoking?.(leases) ?? Promise.resolve());
      if (!isDrained) this.logger.warn({ deadlineMs }, 'not drained in time: what is incomplete will be read again');
    } catch (error) {
      this.logger.error(errorFields(error), 'draining failed: what is incomplete will be read again');
    }
    await within(lastWordMs, this.standing.committer.commitLast());
    this.held.fence();
    this.past.ended(leases);
    this.held.replace([]);
  }

  private handOut(position: ReadPosition, fetched: FetchedBatch): void {
    try {
      const batch = this.held.take(position, fetched);
      if (batch !== null) this.options.onBatch(batch);
    } catch (error) {
      this.fail(error);
    }
  }

  private tellLost(lease: Lease, lost: LostPosition): void {
    const { topic, partition } = lease;
    this.logger.error({ topic, partition, ...lost }, 'offset out of range: reading from the earliest there is');
    this.options.metrics?.positionLost(lost);
    try {
      this.options.onPositionLost?.(lease, lost);
    } catch (error) {
      this.fail(error);
    }
  }

  /** A programmer error, here or wherever a batch went: nothing is committed after it, and the process leaves. */
  fail(error: unknown): void {
    this.state = 'failed';
    this.isStopping = true;
    this.held.replace([]);
    this.fetches.stop();
    this.standing.stop();
    this.subscription.unwatch();
    this.logger.error(errorFields(error), 'a handler failed, leaving');
    if (this.options.exit === undefined) process.exit(1);
    else this.options.exit(error);
  }
}

/**
 * In: topics, as a member of a consumer group. Out: batches of records of the partitions that this member holds.
 * Holds: before partitions are given up (rebalance, stop) the app may drain, then offsets are committed, then the
 * leases are fenced, and only then the member joins again or leaves; nothing is fetched before the app has taken what
 * it was assigned; what goes wrong with Kafka is tried again for ever, what goes wrong in a handler ends the process.
 */
import { errorFields, type Logger } from '../runtime/logger.ts';
import { leasesOf } from './assignment.ts';
import { partitionKey, type ClusterLink } from './cluster-link.ts';
import { Committer } from './committer.ts';
import type { BatchConsumerOptions } from './consumer-options.ts';
import { FetchLoop, type ReadPosition } from './fetch-loop.ts';
import type { FetchedBatch } from './fetched-batch.ts';
import { GroupMember } from './group-member.ts';
import { Heartbeats } from './heartbeats.ts';
import { JoinTrouble } from './join-trouble.ts';
import type { KafkaClient } from './kafka-client.ts';
import type { Lease, LeaseStart } from './lease.ts';
import { Pause } from './pause.ts';
import { StartPermit } from './start-permit.ts';
import { Subscription } from './subscription.ts';
import { troubleFields } from './trouble.ts';
import { within } from './within.ts';

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
  private readonly committer: Committer;
  private readonly heartbeats: Heartbeats;
  private readonly permit: StartPermit;
  private readonly subscription: Subscription;
  private readonly pause = new Pause();
  private leases = new Map<ReadPosition, Lease>();
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
    const answered = () => {
      this.permit.lookAgain();
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
          this.passLost(position, asked);
        },
        onTopicGone: () => {
          rejoin('a topic is gone');
        },
      },
      this.logger,
    );
    this.committer = new Committer(
      this.member,
      { leases: () => this.leases.values(), rejoin, committed: answered },
      this.logger,
      options.commitRecords ?? Infinity,
    );
    this.heartbeats = new Heartbeats(this.member, { rejoin, answered }, this.logger);
    this.permit = new StartPermit(this.heartbeats, this.committer, options);
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
    const isConsuming = this.leases.size > 0;
    this.isStopping = true;
    this.state = 'stopped';
    this.pause.end();
    this.askRejoin('stop');
    // A member that is just joining waits for the others: that is not worth waiting for.
    const drainMs = isConsuming ? (this.options.drainDeadlineMs ?? defaultDrainDeadlineMs) : 0;
    await within(drainMs + 3 * lastWordMs, this.running ?? Promise.resolve());
    this.fetches.stop();
    this.heartbeats.stop();
    this.committer.stop();
    await Promise.all([this.link.close(), this.coordination.close()]);
  }

  /** Null once joined and consuming, else what is wrong. */
  problem(): string | null {
    return this.state ?? this.fetches.problem() ?? this.heartbeats.problem();
  }

  /** Since the coordinator last answered a heartbeat; 0 while this is no member of the group. */
  get silentMs(): number {
    return this.heartbeats.silentMs;
  }

  /** How long the oldest completed progress has waited since it should have been committed; 0 when none waits. */
  get oldestCommitMs(): number {
    return this.committer.oldestMs;
  }

  /**
   * False when what is begun now may be done a second time by another member: the coordinator is silent, or commits are not
   * acknowledged. Cheap enough to be asked before each piece of work; `onMayStart` tells when it is true again.
   */
  mayStart(): boolean {
    return this.permit.mayStart();
  }

  /** Records behind the end, by `topic-partition`. */
  get lag(): ReadonlyMap<string, number> {
    return new Map([...this.leases.values()].map((lease) => [partitionKey(lease), lease.lag]));
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
        if (error instanceof HandlerError) throw error.cause;
        if (this.isWanted()) this.noteTrouble(error, backOffMs);
        await this.pause.for(backOffMs);
        backOffMs = Math.min(backOffMs * 2, backOffMsMax);
      }
      await this.revoke();
    }
    this.heartbeats.stop();
    await within(lastWordMs, this.leave());
  }

  private isWanted(): boolean {
    return !this.isStopping;
  }

  private async leave(): Promise<void> {
    try {
      await this.member.leave();
    } catch (error) {
      this.logger.debug(troubleFields(error), 'left without saying so');
    }
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
    this.heartbeats.stop();
    const assigned = await this.member.join(topics);
    this.epoch += 1;
    this.heartbeats.start();
    const wake = () => {
      this.fetches.wake();
    };
    const completed = () => {
      this.committer.recordCompleted();
    };
    const terms = { assigned, epoch: this.epoch, keepsOf: (topic: string) => this.keepsOf(topic), wake, completed };
    const leases = await leasesOf(terms, this.member, this.link);
    await this.announce(leases);
    this.leases = new Map(leases.map((lease) => [lease.position, lease]));
    this.committer.start();
    this.watchSubscription();
    this.state = this.isStopping ? 'stopped' : null;
    this.fetches.assign(leases.map(({ position }) => position));
    this.permit.lookAgain();
    this.logger.info({ epoch: this.epoch, partitions: leases.map(partitionKey) }, 'joined the group');
    return true;
  }

  private keepsOf(topic: string): LeaseStart['keeps'] {
    if (this.options.offsets === 'external') return 'external';
    return this.options.positioned?.includes(topic) === true ? 'positioned' : 'completed';
  }

  private async announce(leases: readonly Lease[]): Promise<void> {
    try {
      const positions = (await this.options.onAssigned?.(leases)) ?? [];
      for (const { topic, partition, offset } of positions) {
        const lease = leases.find((candidate) => candidate.topic === topic && candidate.partition === partition);
        lease?.startAt(offset);
      }
    } catch (cause) {
      throw new HandlerError(cause);
    }
  }

  private watchSubscription(): void {
    this.subscription.watch(() => {
      if (this.member.isAssignmentStale()) this.askRejoin('partitions were added');
    }, this.askRejoin);
  }

  private async revoke(): Promise<void> {
    const leases = [...this.leases.values()];
    this.state ??= 'sharing partitions anew';
    this.subscription.unwatch();
    this.committer.stop();
    this.fetches.assign([]);
    if (leases.length === 0) return;
    const deadlineMs = this.options.drainDeadlineMs ?? defaultDrainDeadlineMs;
    try {
      const isDrained = await within(deadlineMs, this.options.onRevoking?.(leases) ?? Promise.resolve());
      if (!isDrained) this.logger.warn({ deadlineMs }, 'not drained in time: what is incomplete will be read again');
    } catch (error) {
      this.logger.error(errorFields(error), 'draining failed: what is incomplete will be read again');
    }
    await within(lastWordMs, this.committer.commitLast());
    for (const lease of leases) lease.fence();
    this.leases = new Map();
  }

  private handOut(position: ReadPosition, fetched: FetchedBatch): void {
    try {
      const batch = this.leases.get(position)?.take(fetched);
      if (batch !== null && batch !== undefined) this.options.onBatch(batch);
    } catch (error) {
      this.fail(error);
    }
  }

  private passLost(position: ReadPosition, asked: number): void {
    const { topic, partition, next } = position;
    this.logger.error({ topic, partition, asked, next }, 'offset out of range: reading from the earliest there is');
    this.leases.get(position)?.restartAt(next);
    if (this.keepsOf(topic) !== 'completed') this.askRejoin(`the log of ${topic} is not what it was`);
  }

  private noteTrouble(error: unknown, backOffMs: number): void {
    this.state = `cannot join: ${error instanceof Error ? error.message : String(error)}`;
    this.trouble.say(error, backOffMs);
  }

  /** A programmer error, here or wherever a batch went: nothing is committed after it, and the process leaves. */
  fail(error: unknown): void {
    this.state = 'failed';
    this.isStopping = true;
    this.leases = new Map();
    this.fetches.stop();
    this.heartbeats.stop();
    this.committer.stop();
    this.subscription.unwatch();
    this.logger.error(errorFields(error), 'a handler failed, leaving');
    if (this.options.exit === undefined) process.exit(1);
    else this.options.exit(error);
  }
}

class HandlerError extends Error {
  constructor(cause: unknown) {
    super('a handler failed', { cause });
  }
}

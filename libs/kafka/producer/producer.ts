/**
 * In: queued records. Out: each of them sent to the broker that leads its partition, until its end is known.
 * Holds: answers are read per partition, and what one partition waits for keeps no other one waiting; what is left of
 * a request is sent to whoever leads the partition now.
 */
import type { Logger } from '../../runtime/logger.ts';
import type { Compression } from '../batch/compression.ts';
import { BrokerRequests, type RequestPart } from '../cluster/broker-requests.ts';
import { LeaderWatch } from '../cluster/leader-watch.ts';
import { batchBytesMax, type PartitionQueue } from '../consumer/partition-queue.ts';
import { PartitionSending } from './partition-sending.ts';
import type { PendingAppend, PendingAppends, QueuedRecord } from './pending-append.ts';
import type { ProducerClock } from './producer-clock.ts';
import { ProducerIdentity } from './producer-identity.ts';
import { NotSentError, type ProducerLink } from './producer-link.ts';
import type { PartitionAnswer } from './produce-request.ts';
import { errorNameOf, verdictOf } from './produce-verdict.ts';
import { TopicRoutes } from '../consumer/topic-routes.ts';
import { TroubleLog } from '../trouble-log.ts';
import { UnwritableTopics, type Unwritable } from './unwritable.ts';

export interface ProducerOptions {
  readonly link: ProducerLink;
  readonly pending: PendingAppends;
  readonly logger: Logger;
  readonly clock: ProducerClock;
  /** From the beginning of one request to a broker to that of the next, in milliseconds. */
  readonly paceMs: number;
  /** Of the records of each batch. Default: none */
  readonly compression?: Compression | undefined;
}

/** A partition without a leader is looked at again so soon. */
const leaderlessMs = 50;

export class Producer {
  readonly identity: ProducerIdentity;
  /** When a batch of any partition was acknowledged last, in monotonic milliseconds. */
  acknowledgedAt = -Infinity;
  /** When a broker answered anything last, were it that a partition has no leader; in monotonic milliseconds. */
  heardAt = -Infinity;
  private readonly options: ProducerOptions;
  private readonly routes: TopicRoutes;
  private readonly requests: BrokerRequests;
  private readonly watch: LeaderWatch;
  private readonly trouble: TroubleLog;
  /** Partitions with records. Those that found no room in a request come first the next time. */
  private readonly active = new Map<PartitionQueue, PartitionSending>();
  /** A broker answered that it is not the leader, or did not answer. */
  private isMisled = false;
  private isRoundDue = false;
  private disarm: (() => void) | null = null;
  /** When the next round begins by itself; in monotonic milliseconds, Infinity: not at all. */
  private wakeAt = Infinity;
  private isStopped = false;

  constructor(options: ProducerOptions) {
    this.options = options;
    const { link, logger, clock, pending, paceMs } = options;
    this.trouble = new TroubleLog(logger, clock.now);
    this.routes = new TopicRoutes(pending, (queue, leader) => {
      if (!this.active.has(queue)) this.active.set(queue, new PartitionSending(queue));
      // The end of the request that is under way begins a round.
      if (this.requests.isBusy(leader)) return;
      // So does the timer, and no request to this broker could leave before.
      const nextAt = this.requests.nextAt(leader);
      if (this.wakeAt <= nextAt && clock.now() < nextAt && queue.bytes < batchBytesMax) return;
      this.callRound();
    });
    this.identity = new ProducerIdentity({
      link,
      clock,
      onKnown: this.callRound,
      onFailure: (error) => {
        this.trouble.say(error, 'cannot connect to Kafka, trying again', pending.waiting);
      },
    });
    this.watch = new LeaderWatch({
      link,
      routes: this.routes,
      now: clock.now,
      onAnswer: () => {
        this.heardOfLeaders();
      },
      onFailure: (error) => {
        this.trouble.say(error, 'cannot learn who leads the partitions, trying again');
        this.callRound();
      },
    });
    this.requests = new BrokerRequests({
      link,
      clock,
      paceMs,
      compression: options.compression ?? 'none',
      onAnswer: (parts, answers) => {
        this.answered(parts, answers);
      },
      onFailure: (parts, error) => {
        this.failed(parts, error);
      },
    });
  }

  /** What is added in the same turn goes out together. */
  add(record: QueuedRecord): void {
    if (!this.routes.add(record)) this.callRound();
  }

  /** What is in no batch yet of an append is not sent. */
  drop(append: PendingAppend, error: Error): void {
    this.options.pending.drop(this.routes.drop(append), error);
  }

  /** What has failed for longest, if nothing was acknowledged since it began to. */
  failing(): { readonly since: number; readonly reason: string } | null {
    let worst: { readonly since: number; readonly reason: string } | null = null;
    for (const { queue, failingSince, failure } of this.active.values()) {
      if (failingSince === null || failingSince >= (worst?.since ?? Infinity)) continue;
      worst = { since: failingSince, reason: `${queue.key}: ${failure === '' ? 'no answer' : failure}` };
    }
    for (const { topic, unrouted, errorCode } of this.routes) {
      const since = unrouted[0]?.append.appendedAt ?? Infinity;
      if (since >= (worst?.since ?? Infinity)) continue;
      worst = { since, reason: `${topic}: ${errorCode === 0 ? 'not known yet' : errorNameOf(errorCode)}` };
    }
    return worst === null || worst.since <= this.acknowledgedAt ? null : worst;
  }

  /** What records wait for that nobody but an operator can help with. */
  unwritable(): readonly Unwritable[] {
    const topics = new UnwritableTopics(this.options.clock.now());
    for (const { queue, forbiddenSince, missingSince, failingSince } of this.active.values()) {
      const { topic, partition } = queue;
      if (queue.isEmpty) continue;
      const isGone = this.routes.isMissing(topic);
      const since = forbiddenSince ?? (isGone ? failingSince : missingSince);
      if (since === null) continue;
      const reason = forbiddenSince === null ? 'missing' : 'forbidden';
      const number = reason === 'missing' && !isGone ? partition : null;
      topics.add(topic, reason, { since, partition: number, isPatient: () => queue.isPatient });
    }
    for (const { topic, unrouted, forbiddenSince } of this.routes) {
      const [first] = unrouted;
      if (first === undefined) continue;
      const since = forbiddenSince ?? (this.routes.isMissing(topic) ? first.append.appendedAt : null);
      if (since === null) continue;
      const isPatient = () => unrouted.some(({ append }) => append.isPatient);
      topics.add(topic, forbiddenSince === null ? 'missing' : 'forbidden', { since, partition: null, isPatient });
    }
    return topics.all();
  }

  /** Nothing is sent any more; what waits is answered with `error`. */
  stop(error: Error): void {
    this.isStopped = true;
    this.disarm?.();
    this.identity.stop();
    this.routes.refuseAll(error);
  }

  private readonly callRound = (): void => {
    if (this.isRoundDue || this.isStopped) return;
    this.isRoundDue = true;
    queueMicrotask(() => {
      this.isRoundDue = false;
      this.round();
    });
  };

  /** Looks at every partition with records, sends what can be sent, and sees to it that the rest is looked at again. */
  private round(): void {
    if (this.isStopped || !this.identity.isConnected) return;
    const now = this.options.clock.now();
    let isLeaderWanted = this.isMisled || this.routes.hasUnrouted;
    let wakeAt = Infinity;
    for (const sending of this.active.values()) {
      const lookAt = this.look(sending, now);
      // While one backs off, asking for its leader tells whether Kafka answers at all: others go by that.
      if (lookAt === 'leaderless' || lookAt === sending.retryAt) isLeaderWanted = true;
      wakeAt = Math.min(wakeAt, lookAt === 'leaderless' ? now + leaderlessMs : lookAt);
    }
    const { stalled, lookAt } = this.requests.send(now, (sending) => {
      this.active.delete(sending.queue);
      this.active.set(sending.queue, sending);
    });
    const askAt = this.watch.look(isLeaderWanted || stalled.size > 0, stalled);
    if (askAt === Infinity) this.isMisled = false;
    this.wake(Math.min(wakeAt, lookAt, askAt), now);
  }

  /** Offers its batch to its leader, or says when to look again. */
  private look(sending: PartitionSending, now: number): number | 'leaderless' {
    const { queue } = sending;
    if (queue.isEmpty) {
      this.active.delete(queue);
      return Infinity;
    }
    if (sending.flight !== null) return Infinity;
    if (sending.retryAt > now) return sending.retryAt;
    const leader = this.routes.leaderOf(queue);
    if (leader !== null) sending.found();
    if (leader === null || leader < 0) {
      if (leader === null) sending.missing(now, this.routes.answersAbout(queue.topic));
      else sending.leaderless(now);
      return 'leaderless';
    }
    if (queue.producerId === null) {
      const { current } = this.identity;
      // Once there is one, there is a round.
      if (current === null) return Infinity;
      queue.use(current);
    }
    this.requests.offer(leader, sending);
    return Infinity;
  }

  private answered(parts: readonly RequestPart[], answers: readonly PartitionAnswer[]): void {
    // What waited was answered then, and is not counted again.
    if (this.isStopped) return;
    const now = this.options.clock.now();
    this.heardAt = now;
    const codes = new Map(answers.map(({ topic, partition, errorCode }) => [`${topic}-${partition}`, errorCode]));
    for (const part of parts) {
      const errorCode = codes.get(part.sending.queue.key);
      if (errorCode === undefined) part.sending.failed(part.batch, true, 'the broker said nothing of it', now);
      else this.settle(part, errorCode, now);
    }
    this.round();
  }

  private settle({ sending, batch }: RequestPart, errorCode: number, now: number): void {
    const { topic, partition, producerId } = sending.queue;
    const need = sending.answered(batch, errorCode, now);
    if (verdictOf(errorCode) === 'acknowledged') {
      this.acknowledgedAt = now;
      return;
    }
    const error = new Error(errorNameOf(errorCode));
    this.trouble.say(error, 'Kafka did not take a batch', { topic, partition, ...this.options.pending.waiting });
    if (need === 'leaders') this.isMisled = true;
    if (need === 'producer id' && producerId !== null) this.identity.renew(producerId);
  }

  /** No answer came: the connection could not be made, or ended, or it took too long. */
  private failed(parts: readonly RequestPart[], error: unknown): void {
    if (this.isStopped) return;
    const now = this.options.clock.now();
    const isSent = !(error instanceof NotSentError);
    const message = error instanceof Error ? error.message : String(error);
    for (const { sending, batch } of parts) sending.failed(batch, isSent, message, now);
    if (parts.length > 0) {
      this.isMisled = true;
      this.trouble.say(error, 'cannot send to Kafka, trying again', this.options.pending.waiting);
    }
    this.round();
  }

  private heardOfLeaders(): void {
    const now = this.options.clock.now();
    this.heardAt = now;
    const leaderOf = ({ queue }: PartitionSending) => this.routes.leaderOf(queue) ?? -1;
    for (const sending of this.active.values()) sending.ledBy(leaderOf(sending));
    for (const { sending, batch } of this.requests.misplaced(now, leaderOf)) sending.abandon(batch);
    this.routes.refuseHopeless(now);
    this.round();
  }

  private wake(at: number, now: number): void {
    this.disarm?.();
    this.disarm = null;
    this.wakeAt = at;
    if (at === Infinity || this.isStopped) return;
    // Whole milliseconds: a timer that comes a fraction too early would be for nothing.
    this.disarm = this.options.clock.after(Math.max(1, Math.ceil(at - now)), () => {
      this.disarm = null;
      this.wakeAt = Infinity;
      this.round();
    });
  }
}

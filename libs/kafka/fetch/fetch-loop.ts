/**
 * In: partitions to read, each from a position. Out: their batches, in order, as fast as they are taken.
 * Holds: one fetch per broker at a time; a partition that is paused, moved or given up while a fetch is under way
 * gets nothing of that fetch, and reads it again when its turn comes; one whose batch cannot be read holds up no other;
 * nothing polls while everything is paused.
 */
import type { Logger } from '../../runtime/logger.ts';
import { monotonicMs } from '../../runtime/monotonic.ts';
import { answerMsMax, askNode } from '../cluster/broker-answer.ts';
import { partitionKey, type ClusterLink } from '../cluster/cluster-link.ts';
import { FailingBrokers } from '../cluster/failing-brokers.ts';
import { brokerError, fetchFrom, type FetchAnswer } from './fetch-request.ts';
import { fetchedBatch, type FetchedBatch } from './fetched-batch.ts';
import { partitionLeaders } from '../cluster/partition-leaders.ts';
import { Pause } from '../consumer/pause.ts';
import { isMoved, type Asked, type ReadPosition } from '../consumer/read-position.ts';
import { TroubleLog } from '../trouble-log.ts';
import { troubleFields } from '../trouble.ts';
import { UnansweredPositions } from '../consumer/unanswered-positions.ts';
import { UnreadablePartitions } from '../consumer/unreadable-partitions.ts';
import { within } from '../within.ts';

export type { ReadPosition } from '../consumer/read-position.ts';

export interface FetchLoopOptions {
  /** How long a broker waits for a first record, in milliseconds. */
  readonly maxWaitMs: number;
  /**
   * The same while nothing is paused, so that nothing has to be asked for anew while it waits. Default: `maxWaitMs`. A function,
   * asked before each fetch, where something may be moved without being paused.
   */
  readonly idleWaitMs?: number | (() => number);
  /**
   * Between the beginnings of two fetches from a broker, in milliseconds, when the first brought something. A fetch costs the
   * same whether it brings one record or fifty, so what comes quickly is read together. A function is asked after each fetch.
   */
  readonly paceMs: number | (() => number);
  onBatch(position: ReadPosition, batch: FetchedBatch): void;
  /** What was asked for is not there (any more): reading goes on at `position.next`, the earliest there is. */
  onOutOfRange(position: ReadPosition, asked: number): void;
  /** A broker has an error for a partition; what it means is seen to here. */
  onRefused?(): void;
  /** For a while now a topic among them is not known any more: reading goes on when others are assigned. */
  onTopicGone?(): void;
}

const partitionBytesMax = 262_144;
/** What is done with an answer keeps the process busy: 1 MiB takes some 10 ms, in which nobody else is served. */
const answerBytesMax = 1_048_576;
const leadersAgeMsMax = 5_000;
/** The client below may wait for a connection for ever: then what was known before is tried again. */
const metadataMsMax = 10_000;
const goneMsToTell = 3_000;
/** A leader of before that does not know it yet has a log that ends too early: the present one is looked for meanwhile. */
const endedMsMin = 5_000;
/** In place of a broker, for partitions of which no leader is known. */
const nobody = 'nobody';
const offsetOutOfRange = 1;
const unknownTopic = 3;

export class FetchLoop {
  private readonly link: ClusterLink;
  private readonly options: FetchLoopOptions;
  private readonly logger: Logger;
  private readonly trouble: TroubleLog;
  private readonly pause = new Pause();
  private readonly busy = new Set<string>();
  /** When the request began that a broker has not answered yet. */
  private readonly askedAt = new Map<string, number>();
  private readonly unreadable: UnreadablePartitions;
  private readonly failing = new FailingBrokers();
  private readonly unanswered = new UnansweredPositions<ReadPosition>();
  private readonly now: () => number;
  private positions: readonly ReadPosition[] = [];
  private leaders = new Map<ReadPosition, string>();
  private leadersAt = -Infinity;
  private round = 0;
  private turn = 0;
  private isStopped = false;

  constructor(link: ClusterLink, options: FetchLoopOptions, logger: Logger, now: () => number = monotonicMs) {
    this.link = link;
    this.options = options;
    this.logger = logger;
    this.now = now;
    this.trouble = new TroubleLog(logger);
    this.unreadable = new UnreadablePartitions(logger);
  }

  /** Replaces what is read. With nothing, reading ends. */
  assign(positions: readonly ReadPosition[]): void {
    this.round += 1;
    this.positions = positions;
    this.leadersAt = -Infinity;
    this.failing.keepOnly(new Set());
    this.unreadable.forgetAll();
    this.unanswered.keepOnly(positions);
    this.wake();
  }

  /** Something was resumed or moved. */
  wake(): void {
    if (this.isStopped) return;
    for (const [nodeId, positions] of this.readable()) {
      if (this.busy.has(nodeId)) continue;
      this.busy.add(nodeId);
      void this.fetchInPace(nodeId, positions).finally(() => {
        this.busy.delete(nodeId);
        this.wake();
      });
    }
  }

  problem(): string | null {
    const now = this.now();
    return this.failing.problem(now) ?? this.unreadable.problem(now);
  }

  /**
   * For how long something that was asked for has not come: a broker that is well answers within `maxWaitMs`. After a failure
   * it ends when all is here that the log had meanwhile.
   */
  get silentMs(): number {
    const now = this.now();
    let since = this.unanswered.since ?? now;
    for (const askedAt of this.askedAt.values()) since = Math.min(since, askedAt);
    return now - since;
  }

  stop(): void {
    this.isStopped = true;
    this.positions = [];
    this.round += 1;
    this.pause.end();
  }

  private readable(): Map<string, ReadPosition[]> {
    const found = new Map<string, ReadPosition[]>();
    if (this.positions.length === 0) return found;
    const now = this.now();
    if (now - this.leadersAt > leadersAgeMsMax) this.findLeaders();
    for (const position of this.positions) {
      if (position.isPaused || this.unreadable.isAside(position, now)) continue;
      const leader = this.leaders.get(position) ?? nobody;
      const others = found.get(leader);
      if (others === undefined) found.set(leader, [position]);
      else others.push(position);
    }
    return found;
  }

  private findLeaders(): void {
    this.leadersAt = this.now();
    this.leaders = partitionLeaders(this.link, this.positions);
    this.failing.keepOnly(new Set(this.positions.map((position) => this.leaders.get(position) ?? nobody)));
  }

  private async fetchInPace(nodeId: string, positions: readonly ReadPosition[]): Promise<void> {
    const beganAt = this.now();
    const bytes = await this.fetchFrom(nodeId, positions);
    const restMs = beganAt + valueOf(this.options.paceMs) - this.now();
    const isFull = bytes >= answerBytesMax / 2;
    if (bytes > 0 && !isFull && restMs > 0) await this.pause.for(restMs);
  }

  private waitMs(): number {
    const { maxWaitMs, idleWaitMs = maxWaitMs } = this.options;
    return this.positions.some(({ isPaused }) => isPaused) ? maxWaitMs : valueOf(idleWaitMs);
  }

  /** @returns how many bytes of records came */
  private async fetchFrom(nodeId: string, positions: readonly ReadPosition[]): Promise<number> {
    const { round } = this;
    let asked: readonly Asked[] = [];
    let answers: readonly FetchAnswer[];
    const askedAt = this.now();
    this.askedAt.set(nodeId, askedAt);
    try {
      await within(metadataMsMax, this.link.cluster.refreshMetadataIfNecessary());
      if (nodeId === nobody) throw new Error(`no leader is known of ${positions.map(partitionKey).join(', ')}`);
      const maxWaitMs = this.waitMs();
      answers = await askNode(this.link.cluster, nodeId, maxWaitMs + answerMsMax, (broker) => {
        // Only now, and not to change any more until the answer is there: whoever seeks there and back meanwhile must not
        // get what was asked for in between as if it were what comes here.
        asked = this.inTurn(positions).map((position) => ({ position, next: position.next }));
        return fetchFrom(broker, {
          maxWaitMs,
          minBytes: 1,
          answerBytesMax,
          partitionBytesMax,
          partitions: asked.map(({ position: { topic, partition }, next }) => ({ topic, partition, next })),
        });
      });
      this.failing.answered(nodeId);
    } catch (error) {
      this.askedAt.delete(nodeId);
      this.unanswered.failed(positions, askedAt);
      this.unanswered.keepOnly(this.positions);
      if (round === this.round) await this.recover(nodeId, error);
      return 0;
    }
    this.askedAt.delete(nodeId);
    const bytes = answers.reduce((sum, { batches }) => sum + (batches?.length ?? 0), 0);
    const isFull = bytes >= answerBytesMax / 2;
    const byPartition = new Map(asked.map((one) => [partitionKey(one.position), one]));
    for (const answer of answers) {
      const found = byPartition.get(partitionKey(answer));
      // What is done with one batch may pause, move or give up the others.
      if (found === undefined || round !== this.round || isMoved(found)) continue;
      if (answer.errorCode === 0 && this.take(found, answer, isFull)) continue;
      this.unanswered.failed([found.position], askedAt);
      if (answer.errorCode !== 0) void this.refused(found, answer.errorCode);
    }
    return bytes;
  }

  /** @returns false when it cannot be read */
  private take({ position, next }: Asked, answer: FetchAnswer, isFull: boolean): boolean {
    let batch: FetchedBatch;
    try {
      batch = fetchedBatch(answer.topic, next, answer);
    } catch (error) {
      void this.goOnWith(position, this.unreadable.failed(position, error, this.now()));
      return false;
    }
    this.unreadable.read(position);
    this.unanswered.answered(position, batch, isFull);
    position.next = batch.nextOffset;
    this.options.onBatch(position, batch);
    return true;
  }

  /** A full answer serves those first that come first: each time it is somebody else. */
  private inTurn(positions: readonly ReadPosition[]): readonly ReadPosition[] {
    this.turn = (this.turn + 1) % positions.length;
    return [...positions.slice(this.turn), ...positions.slice(0, this.turn)];
  }

  /** An error of one partition is no news of the others. */
  private async refused({ position, next }: Asked, code: number): Promise<void> {
    const { round } = this;
    const { forMs, backOffMs } = this.unreadable.refused(position, brokerError(code), this.now());
    this.options.onRefused?.();
    if (code === unknownTopic && forMs > goneMsToTell) this.options.onTopicGone?.();
    try {
      if (code !== offsetOutOfRange) await this.lookForLeaders();
      else if (await this.restartAtEarliest({ position, next }, round, forMs >= endedMsMin)) return;
      else await this.lookForLeaders();
    } catch (failure) {
      this.logger.debug(troubleFields(failure), 'where to fetch from is not known');
    }
    await this.goOnWith(position, backOffMs);
  }

  /** A timer may come early, by as much as the turn lasted in which it was set: nobody else would look at this one again. */
  private async goOnWith(position: ReadPosition, backOffMs: number): Promise<void> {
    await this.pause.for(backOffMs);
    while (!this.isStopped && this.unreadable.isAside(position, this.now())) await this.pause.for(1);
    this.wake();
  }

  /** Nothing that a broker says ends the loop: it waits a little longer each time, and looks where the leaders are now. */
  private async recover(nodeId: string, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const { backOffMs, isLasting } = this.failing.failed(nodeId, message, this.now());
    if (isLasting) this.trouble.say(error, 'fetches keep failing, trying again', { nodeId });
    else this.logger.debug({ ...troubleFields(error), backOffMs, nodeId }, 'a fetch failed, trying again');
    await this.pause.for(backOffMs);
    if (this.isStopped) return;
    try {
      await this.lookForLeaders();
    } catch (failure) {
      this.logger.debug(troubleFields(failure), 'where to fetch from is not known');
    }
  }

  private async lookForLeaders(): Promise<void> {
    this.leadersAt = -Infinity;
    await within(metadataMsMax, this.link.cluster.refreshMetadata());
    this.leadersAt = -Infinity;
  }

  /** @returns false when the earliest offset is not known, or the log may only seem to end, or the partition was moved meanwhile */
  private async restartAtEarliest({ position, next }: Asked, round: number, hasEnded: boolean): Promise<boolean> {
    const earliest = (await this.link.offsets([position], true)).get(partitionKey(position));
    if (earliest === undefined || (earliest <= next && !hasEnded)) return false;
    if (round !== this.round || position.next !== next) return false;
    position.next = earliest;
    this.unreadable.read(position);
    this.options.onOutOfRange(position, next);
    this.wake();
    return true;
  }
}

function valueOf(setting: number | (() => number)): number {
  return typeof setting === 'number' ? setting : setting();
}

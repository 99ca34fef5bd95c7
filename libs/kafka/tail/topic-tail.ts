/**
 * Reads topics outside any consumer group: to their end, then live. For tables in memory and live feeds.
 * Holds: records of one partition come in order, each once; what goes wrong with Kafka is tried again for ever, what
 * goes wrong in the handler ends the process. So does a topic that is not the one any more that was read: nothing comes of
 * it from then on, because a table of two logs is one of none.
 */
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { partitionKey, type ClusterLink, type OffsetRange, type TopicPartition } from '../cluster/cluster-link.ts';
import { FetchLoop, type ReadPosition } from '../fetch/fetch-loop.ts';
import type { FetchedBatch } from '../fetch/fetched-batch.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';
import { Pause } from '../consumer/pause.ts';
import type { KafkaRecord } from '../record.ts';
import { TopicIdentity } from '../cluster/topic-identity.ts';
import { troubleFields } from '../trouble.ts';
import { within } from '../within.ts';

export interface TopicTailOptions {
  readonly topics: readonly string[];
  /**
   * From the beginning: for a table, which must be of one log. Or the next offset of each partition; those that are not named,
   * and what is kept no longer: from the beginning.
   */
  readonly from: 'beginning' | 'end' | ReadonlyMap<number, number>;
  /** Records of one partition in offset order. A throw is a programmer error: the process exits. */
  onRecord(record: KafkaRecord): void;
  /** How many keys a table has of this topic now. Default: not known. */
  held?(topic: string): number;
  /** After a programmer error, or when all has to be read anew. Default: log, then process.exit(1), or a graceful stop with 1. */
  exit?(error: unknown): void;
  /** From one look for partitions and other topics to the next. Default: {@link lookAgainMs}. */
  readonly lookAgainMs?: number;
  /** Between the beginnings of two fetches that bring something, in milliseconds, asked after each. Default: {@link defaultPaceMs}. */
  readonly paceMs?: () => number;
}

/** Nothing is late for it: what comes ends the wait, and nothing here is paused. */
const maxWaitMs = 1_000;
/** Tables and live feeds: a change has a second to get through. */
const defaultPaceMs = 50;
const backOffMs = 500;
const lookAgainMs = 5_000;
/** A topic rests that has not grown from one look to the next; a timer may be late the first time. */
const restShare = 0.8;
/** The client below may wait for a connection for ever. */
const metadataMsMax = 10_000;

export class TopicTail {
  private readonly options: TopicTailOptions;
  private readonly logger: Logger;
  private readonly link: ClusterLink;
  private readonly fetches: FetchLoop;
  private readonly lookMs: number;
  private readonly identity: TopicIdentity;
  private readonly pause = new Pause();
  /** End offsets at start of the partitions that are not read up to there yet. */
  private readonly behind = new Map<string, number>();
  private positions: ReadPosition[] = [];
  private state: string | null = 'not started';
  private isStopped = false;
  private isLooking = false;
  /** Topics that are not what was read any more, and why. */
  private readonly lost = new Map<string, string>();
  private timer: NodeJS.Timeout | null = null;
  private onCaughtUp: () => void = () => undefined;

  constructor(client: KafkaClient, options: TopicTailOptions, logger: Logger) {
    this.options = options;
    this.logger = logger.child({ tail: options.topics });
    this.link = client.link();
    this.lookMs = options.lookAgainMs ?? lookAgainMs;
    this.identity = new TopicIdentity(this.link, options.topics, restShare * this.lookMs);
    this.fetches = new FetchLoop(
      this.link,
      {
        maxWaitMs,
        paceMs: options.paceMs ?? defaultPaceMs,
        onBatch: (position, batch) => {
          this.handOut(position, batch);
        },
        // A topic that is made anew is gone for a moment, and then empty.
        onRefused: () => void this.look(),
        onOutOfRange: ({ topic, partition, next }, asked) => {
          const where = { partition, asked, next };
          if (options.from === 'beginning') this.lose(topic, 'was cut', where);
          else this.logger.error({ topic, ...where }, 'offset out of range: reading from the earliest there is');
        },
      },
      this.logger,
    );
  }

  /** 'beginning': resolves when caught up to the end offsets seen at start; 'end': when positioned. */
  async start(): Promise<void> {
    const caughtUp = new Promise<void>((resolve) => (this.onCaughtUp = resolve));
    while (!this.isStopped && !(await this.position()));
    if (this.isStopped) return;
    this.timer = setInterval(() => void this.look(), this.lookMs);
    if (this.behind.size > 0) {
      this.state = 'reading to the end';
      this.fetches.assign(this.positions);
      await caughtUp;
    } else {
      this.fetches.assign(this.positions);
    }
    this.state = this.problemOfState();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.state = 'stopped';
    if (this.timer !== null) clearInterval(this.timer);
    this.pause.end();
    this.fetches.stop();
    this.onCaughtUp();
    await this.link.close();
  }

  /** The next offset of each partition, of what was handed out or is being so; empty before it is positioned. */
  standing(): ReadonlyMap<number, number> {
    return new Map(this.positions.map(({ partition, next }) => [partition, next]));
  }

  /** What is read, and up to where: what lies before `next` was handed out. Empty before it is positioned. */
  reading = (): readonly (TopicPartition & { readonly next: number })[] => this.positions;

  /** What was fetched already still comes. */
  hold(): void {
    for (const position of this.positions) position.isPaused = true;
  }

  goOn(): void {
    if (!this.positions.some(({ isPaused }) => isPaused)) return;
    for (const position of this.positions) position.isPaused = false;
    this.fetches.wake();
  }

  /** Null when everything up to the start is read and what follows is being followed, else what is wrong. */
  problem(): string | null {
    return this.state ?? this.fetches.problem();
  }

  /** For how long something that was asked for has not come; within a good second all is as it should be. */
  get silentMs(): number {
    return this.fetches.silentMs;
  }

  private problemOfState(): string | null {
    if (this.isStopped) return 'stopped';
    const [topic, why] = [...this.lost][0] ?? [];
    return topic === undefined ? null : `${topic} ${why}: it is read anew when it has been filled`;
  }

  /** @returns false when it has to be tried again */
  private async position(): Promise<boolean> {
    try {
      await this.link.connect(this.options.topics);
      // Before the ranges are asked for. Not awaited: to read matters more.
      void this.madeAnew();
      const partitions = this.partitions();
      const ranges = await this.link.offsetRanges(partitions);
      const missing = partitions.map(partitionKey).filter((key) => !ranges.has(key));
      // A table without them would be incomplete, and nobody could tell.
      if (missing.length > 0) throw new Error(`no leader answers for ${missing.join(', ')}`);
      this.positions = partitions.map(({ topic, partition }) => {
        const range = ranges.get(partitionKey({ topic, partition })) ?? { start: 0, end: 0 };
        const next = this.firstOf(partition, range);
        if (next < range.end) this.behind.set(partitionKey({ topic, partition }), range.end);
        return { topic, partition, next, isPaused: false };
      });
      return true;
    } catch (error) {
      if (this.isStopped) return false;
      this.state = `cannot read: ${error instanceof Error ? error.message : String(error)}`;
      this.logger.warn(troubleFields(error), 'cannot read topics yet, trying again');
      await this.pause.for(backOffMs);
      return false;
    }
  }

  private firstOf(partition: number, range: OffsetRange): number {
    const { from } = this.options;
    if (from === 'beginning') return range.start;
    if (from === 'end') return range.end;
    return Math.min(Math.max(from.get(partition) ?? range.start, range.start), range.end);
  }

  private partitions(): TopicPartition[] {
    return this.options.topics.flatMap((topic) =>
      this.link.partitionsOf(topic).map((partition) => ({ topic, partition })),
    );
  }

  private handOut(position: ReadPosition, { records }: FetchedBatch): void {
    try {
      for (const record of records) {
        if (this.isStopped) return;
        this.options.onRecord(record);
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.behind.size === 0) return;
    const key = partitionKey(position);
    if (position.next >= (this.behind.get(key) ?? Infinity)) this.behind.delete(key);
    if (this.behind.size === 0) this.onCaughtUp();
  }

  /** What has changed about the topics. One look at a time. */
  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      for (const topic of await this.madeAnew()) this.lose(topic, 'was made anew');
      await within(metadataMsMax, this.link.cluster.refreshMetadataIfNecessary());
      if (this.isStopped) return;
      if (this.lost.size === 0) this.takeAdded();
      else await this.leaveWhenFilled();
    } catch (error) {
      this.logger.debug(troubleFields(error), 'cannot look at the topics');
    } finally {
      this.isLooking = false;
    }
  }

  /** Empty too while nobody tells. */
  private async madeAnew(): Promise<readonly string[]> {
    try {
      return await this.identity.madeAnew((topic) =>
        this.positions.every((position) => position.topic !== topic || position.next === 0),
      );
    } catch (error) {
      this.logger.debug(troubleFields(error), 'the ids of the topics are not known');
      return [];
    }
  }

  /** Partitions that were added are new altogether: read from their beginning. */
  private takeAdded(): void {
    const known = new Set(this.positions.map(partitionKey));
    const found = this.partitions();
    const there = new Set(found.map(partitionKey));
    const topics = new Set(found.map(({ topic }) => topic));
    // A topic of which nothing was read may be made anew with fewer: nobody would ever answer for the others.
    const kept = this.positions.filter(
      (position) => position.next > 0 || there.has(partitionKey(position)) || !topics.has(position.topic),
    );
    const added = found.filter((partition) => !known.has(partitionKey(partition)));
    if (added.length === 0 && kept.length === this.positions.length) return;
    this.positions = [...kept, ...added.map((added) => ({ ...added, next: 0, isPaused: false }))];
    this.fetches.assign(this.positions);
  }

  /** Nothing is read from now on: what is held of this topic, and what it holds now, are of two logs. */
  private lose(topic: string, why: string, where: object = {}): void {
    if (this.isStopped || this.lost.has(topic)) return;
    this.lost.set(topic, why);
    this.state = this.problemOfState();
    this.fetches.assign([]);
    this.logger.error(
      { topic, why, ...where },
      'a topic is not the one any more that was read: when it has been filled, this process ends and begins anew',
    );
  }

  /** Whoever begins with an empty table loses what it should have had, so that waits. A feed holds nothing. */
  private async leaveWhenFilled(): Promise<void> {
    const topics = [...this.lost.keys()];
    const held = topics.reduce((sum, topic) => sum + (this.options.held?.(topic) ?? 0), 0);
    if (this.options.from === 'beginning' && !(await this.identity.areWritten(topics, held))) return;
    if (this.isStopped) return;
    const error = new Error(`${topics.join(', ')}: to be read anew`);
    this.end(error, 'a topic is not the one any more that was read, leaving');
    if (this.options.exit === undefined) stopToBeginAnew();
    else this.options.exit(error);
  }

  private fail(error: unknown): void {
    this.end(error, 'a handler failed, leaving');
    if (this.options.exit === undefined) process.exit(1);
    else this.options.exit(error);
  }

  private end(error: unknown, what: string): void {
    this.isStopped = true;
    this.state = 'failed';
    this.fetches.stop();
    if (this.timer !== null) clearInterval(this.timer);
    this.logger.error(errorFields(error), what);
  }
}

/** As a signal does: what is under way ends before the process does. Its status says that it is to be started again. */
function stopToBeginAnew(): void {
  process.exitCode = 1;
  process.kill(process.pid, 'SIGTERM');
}

/**
 * In: a tail that fills tables. Out: since when they are known to hold all that their topics have.
 * Holds: `confirmedAt` is a moment at which nothing was in the topics that the tables do not have now. Their leaders say where
 * the topics end, asked on a connection of its own: on that of the tail an answer would wait for the fetch before it.
 */
import { monotonicMs } from '../../runtime/monotonic.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ClusterLink, TopicPartition } from '../cluster/cluster-link.ts';
import { partitionKey } from '../cluster/cluster-link.ts';
import { Pause } from '../consumer/pause.ts';
import { troubleFields } from '../trouble.ts';
import { within } from '../within.ts';

export interface FollowedTopics {
  /** What is read, and up to where: next offsets. */
  reading(): readonly (TopicPartition & { readonly next: number })[];
}

export type AskedLink = Pick<ClusterLink, 'connect' | 'offsets' | 'close'> & {
  readonly cluster: Pick<ClusterLink['cluster'], 'refreshMetadata'>;
};

/** How soon to look whether the tail has come to where the topics ended. */
const lookAgainMs = 2;
/** After an answer that said nothing. */
const backOffMs = 50;
/** The tail does not come further: where the topics end is asked anew, as leaders may have moved. */
const patienceMs = 1_000;
/** The client below may wait for a connection for ever. */
const connectMsMax = 10_000;

export class TableConfirmation {
  private readonly link: AskedLink;
  private readonly topics: readonly string[];
  private readonly tail: FollowedTopics;
  private readonly logger: Logger;
  private readonly now: () => number;
  private readonly pause = new Pause();
  private asking: Promise<void> | null = null;
  private isConnected = false;
  private isStopped = false;
  private at = -Infinity;

  constructor(
    link: AskedLink,
    topics: readonly string[],
    tail: FollowedTopics,
    logger: Logger,
    now: () => number = monotonicMs,
  ) {
    this.link = link;
    this.topics = topics;
    this.tail = tail;
    this.logger = logger;
    this.now = now;
  }

  /** Monotonic milliseconds. */
  get confirmedAt(): number {
    return this.at;
  }

  /** Resolves when the present question is answered, or cannot be: then it is asked again by whoever still wants to know. */
  confirm(): Promise<void> {
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.pause.end();
    await this.link.close();
  }

  private async ask(): Promise<void> {
    if (this.isStopped) return;
    try {
      if (!this.isConnected && !(await within(connectMsMax, this.link.connect(this.topics)))) return;
      this.isConnected = true;
      const askedAt = this.now();
      const asked = this.tail.reading();
      const ends = await this.link.offsets(asked, false);
      const missing = asked.map(partitionKey).filter((key) => !ends.has(key));
      if (missing.length > 0) throw new Error(`no leader answers for ${missing.join(', ')}`);
      while (!this.hasReached(ends)) {
        if (this.pause.isOver || this.now() - askedAt > patienceMs) return;
        await this.pause.for(lookAgainMs);
      }
      this.at = Math.max(this.at, askedAt);
    } catch (error) {
      this.logger.debug(troubleFields(error), 'where the topics of the tables end is not known');
      await this.lookForLeaders();
      await this.pause.for(backOffMs);
    }
  }

  /** Nothing is reached while a partition has no leader that says where it ends. */
  private hasReached(ends: ReadonlyMap<string, number>): boolean {
    const reading = this.tail.reading();
    return (
      reading.length > 0 && reading.every((position) => position.next >= (ends.get(partitionKey(position)) ?? Infinity))
    );
  }

  private async lookForLeaders(): Promise<void> {
    if (!this.isConnected || this.isStopped) return;
    try {
      this.isConnected = await within(connectMsMax, this.link.cluster.refreshMetadata());
    } catch {
      this.isConnected = false;
    }
  }
}

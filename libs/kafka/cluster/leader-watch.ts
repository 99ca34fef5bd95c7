/**
 * In: that somebody has to know who leads a partition. Out: the answer of the brokers, put into the routes.
 * Holds: one question at a time, and fewer of them the longer they bring nothing; brokers that do not answer are asked
 * last.
 */
import type { ProducerLink } from '../producer/producer-link.ts';
import type { TopicRoutes } from '../consumer/topic-routes.ts';

export interface LeaderWatchOptions {
  readonly link: Pick<ProducerLink, 'topics'>;
  readonly routes: TopicRoutes;
  readonly now: () => number;
  readonly onAnswer: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** How old what is known may become: new partitions are noticed within it. */
const maxAgeMs = 5_000;
const backOffMsMin = 50;
/** Below the second after which Kafka counts as silent. */
const backOffMsMax = 500;

export class LeaderWatch {
  private readonly options: LeaderWatchOptions;
  private isAsking = false;
  private askedAt = -Infinity;
  private backOffMs = backOffMsMin;

  constructor(options: LeaderWatchOptions) {
    this.options = options;
  }

  /** Asks if it is time to, and says when to call again. `isWanted`: what is known does not do. */
  look(isWanted: boolean, slow: ReadonlySet<number>): number {
    if (this.isAsking) return Infinity;
    const { routes, now } = this.options;
    if (!isWanted) this.backOffMs = backOffMsMin;
    const dueAt = this.askedAt + (isWanted ? this.backOffMs : maxAgeMs);
    if (routes.isEmpty) return Infinity;
    if (now() < dueAt) return isWanted ? dueAt : Infinity;
    void this.ask(slow);
    return Infinity;
  }

  private async ask(slow: ReadonlySet<number>): Promise<void> {
    const { link, routes, now, onAnswer, onFailure } = this.options;
    this.isAsking = true;
    this.askedAt = now();
    this.backOffMs = Math.min(this.backOffMs * 2, backOffMsMax);
    try {
      const answers = await link.topics(routes.names, slow);
      routes.update(answers);
      this.isAsking = false;
      onAnswer();
    } catch (error) {
      this.isAsking = false;
      onFailure(error);
    }
  }
}

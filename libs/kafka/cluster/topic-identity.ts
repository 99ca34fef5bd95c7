/**
 * Whether topics are still those that reading began with. In: their names. Out: which of them were made anew since (KIP-516: a
 * topic that is made anew has another id under the same name), and whether these have been written.
 * On a cluster that has no ids, none ever was.
 */
import { monotonicMs } from '../../runtime/monotonic.ts';
import type { ClusterLink } from './cluster-link.ts';

/** One that is written all the time has been filled by then. */
const filledMsMax = 60_000;

interface Filling {
  readonly since: number;
  readonly restsSince: number;
  readonly records: number;
}

export class TopicIdentity {
  private readonly link: Pick<ClusterLink, 'topicIds' | 'partitionsOf' | 'offsets'>;
  private readonly topics: readonly string[];
  private readonly restMs: number;
  private readonly now: () => number;
  private readonly ids = new Map<string, string>();
  private filling: Filling | null = null;

  /** @param restMs what fills a topic makes no such pause */
  constructor(
    link: Pick<ClusterLink, 'topicIds' | 'partitionsOf' | 'offsets'>,
    topics: readonly string[],
    restMs: number,
    now: () => number = monotonicMs,
  ) {
    this.link = link;
    this.topics = topics;
    this.restMs = restMs;
    this.now = now;
  }

  /**
   * Those that are others now. One of which nothing was read is taken as it is; so is one whose id was not known.
   * @throws when no broker tells
   */
  async madeAnew(isUnread: (topic: string) => boolean): Promise<string[]> {
    const found = await this.link.topicIds(this.topics);
    const others: string[] = [];
    for (const [topic, id] of found) {
      const known = this.ids.get(topic);
      if (known === undefined || isUnread(topic)) this.ids.set(topic, id);
      else if (known !== id) others.push(topic);
    }
    return others;
  }

  /**
   * Whether there is something in these, as many records as there were keys at least, and what fills them seems to be done. A topic
   * that was made anew is empty at first, then it may have the one change that somebody makes, and whoever begins to read it takes
   * what he finds for all there is.
   * @param held keys that were read of them  @throws when no leader tells
   */
  async areWritten(topics: readonly string[], held: number): Promise<boolean> {
    const partitions = topics.flatMap((topic) =>
      this.link.partitionsOf(topic).map((partition) => ({ topic, partition })),
    );
    const ends = await this.link.offsets(partitions, false);
    const records = [...ends.values()].reduce((sum, end) => sum + end, 0);
    if (ends.size < partitions.length || records < Math.max(held, 1)) return false;
    const now = this.now();
    const { since = now, restsSince = now, records: before = records } = this.filling ?? {};
    this.filling = { since, restsSince: records === before ? restsSince : now, records };
    return now - this.filling.restsSince >= this.restMs || now - since >= filledMsMax;
  }
}

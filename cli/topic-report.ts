/** What the topics of this system hold, and how far their readers are behind. */
import type { TopicAdmin } from '../libs/kafka/cluster/topic-admin.ts';
import { appsWithoutCommits, readers } from '../libs/wire/topic-readers.ts';
import { allTopics, topicName } from '../libs/wire/topics.ts';

export interface TopicReport {
  /** As it is called on this cluster. */
  readonly name: string;
  readonly exists: boolean;
  readonly partitions: readonly { readonly partition: number; readonly begin: number; readonly end: number }[];
  readonly groups: readonly GroupLag[];
}

export interface GroupLag {
  readonly group: string;
  /** Records that it has not finished; null: Kafka does not know. */
  readonly lag: number | null;
  readonly lagByPartition: Readonly<Record<number, number>>;
}

/** @param only a topic by its name, with or without prefix; null: all. @throws what kafkajs throws */
export async function topicReports(admin: TopicAdmin, prefix: string, only: string | null): Promise<TopicReport[]> {
  const wanted = allTopics.filter((spec) => only === null || spec.name === only || topicName(prefix, spec) === only);
  const held = await admin.holdings(wanted.map((spec) => topicName(prefix, spec)));
  const lags = new Map<string, ReadonlyMap<string, number>>();
  for (const [group, reads] of Object.entries(readers)) {
    const names = wanted.filter(reads).map((spec) => topicName(prefix, spec)).filter((name) => held.has(name)); // prettier-ignore
    if (names.length > 0 && !appsWithoutCommits.includes(group))
      lags.set(group, await admin.groupLag(prefix + group, names));
  }
  return wanted.map((spec) => {
    const name = topicName(prefix, spec);
    const partitions = held.get(name) ?? [];
    const groups = Object.entries(readers)
      .filter(([group, reads]) => reads(spec) && (lags.has(group) || appsWithoutCommits.includes(group)))
      .map(([group]) => {
        if (appsWithoutCommits.includes(group)) return { group, lag: null, lagByPartition: {} };
        const all = partitions.map(
          ({ partition }) => [partition, lags.get(group)?.get(`${name}-${partition}`) ?? 0] as const,
        );
        return { group, lag: all.reduce((sum, [, lag]) => sum + lag, 0), lagByPartition: Object.fromEntries(all) };
      });
    return { name, exists: held.has(name), partitions, groups };
  });
}

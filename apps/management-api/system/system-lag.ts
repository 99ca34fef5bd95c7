/**
 * In: a connection to Kafka, and positions that the database has. Out: how far each app is behind in each topic that it reads.
 * Holds: what is on a cluster that is not asked is not said to be nothing; an app that Kafka says nothing of keeps nobody from learning of the others.
 */
import type { TopicAdmin } from '../../../libs/kafka/cluster/topic-admin.ts';
import type { StoredOffset } from '../../../libs/postgres/server/diagnosis.ts';
import {
  appsWithoutCommits,
  isWaitingPlace,
  readerApps,
  readers,
  type ReaderApp,
} from '../../../libs/wire/topic-readers.ts';
import { allTopics, topicName } from '../../../libs/wire/topics.ts';

export interface TopicLag {
  /** As it is called on this cluster. */
  readonly topic: string;
  readonly lag: number;
  /** Records wait there by design. */
  readonly isWaitingPlace: boolean;
}

export interface AppLag {
  readonly app: ReaderApp;
  /** Processes that are members of its group. */
  readonly members: number;
  readonly topics: readonly TopicLag[];
  /** False: it reads topics on the platform's own cluster too, and nothing is known of them here. */
  readonly isComplete: boolean;
}

export interface LagSources {
  readonly admin: Pick<TopicAdmin, 'committedTopics' | 'groupLag' | 'holdings' | 'lagBehind' | 'memberCounts'>;
  readonly prefix: string;
  /** PLATFORM_KAFKA_BROKERS names a cluster of the platform's own. */
  readonly hasPlatformCluster: boolean;
  /** Of projector and monitor. */
  readonly positionsOf: (groupId: string) => Promise<readonly StoredOffset[]>;
}

/** @throws what kafkajs throws when no broker answers, and the driver's error */
export async function systemLag({ admin, prefix, hasPlatformCluster, positionsOf }: LagSources): Promise<AppLag[]> {
  const members = await admin.memberCounts(readerApps.map((app) => prefix + app));
  const there = new Set((await admin.holdings(allTopics.map((spec) => topicName(prefix, spec)))).keys());
  const waiting = new Set(allTopics.filter(isWaitingPlace).map((spec) => topicName(prefix, spec)));
  const all: AppLag[] = [];
  for (const app of readerApps) {
    const group = prefix + app;
    const expected = allTopics.filter(readers[app]).map((spec) => topicName(prefix, spec));
    // What fan-out reads besides is the platform's, and only its commits say so here.
    const committed = app === 'fanout' ? await admin.committedTopics(group) : [];
    const names = [...new Set([...expected, ...committed])].filter(
      (name) => there.has(name) || committed.includes(name),
    );
    const lags = appsWithoutCommits.includes(app)
      ? await behindPositions(admin, names, await positionsOf(group))
      : await behindCommits(admin, group, names);
    const topics = names.map((topic) => ({ topic, lag: lags.get(topic) ?? 0, isWaitingPlace: waiting.has(topic) }));
    const isComplete = app !== 'fanout' || !hasPlatformCluster;
    all.push({ app, members: members.get(group) ?? 0, topics, isComplete });
  }
  return all;
}

async function behindCommits(
  admin: LagSources['admin'],
  group: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  if (names.length === 0) return sums;
  for (const [place, lag] of await admin.groupLag(group, names)) {
    const topic = place.slice(0, place.lastIndexOf('-'));
    sums.set(topic, (sums.get(topic) ?? 0) + lag);
  }
  return sums;
}

async function behindPositions(
  admin: LagSources['admin'],
  names: readonly string[],
  stored: readonly StoredOffset[],
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  for (const topic of names) {
    const own = stored.filter((position) => position.topic === topic);
    const next = new Map(own.map(({ partition, nextOffset }) => [partition, nextOffset]));
    sums.set(topic, await admin.lagBehind(topic, next));
  }
  return sums;
}

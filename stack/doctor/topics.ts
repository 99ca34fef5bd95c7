/** Topics that differ from the configuration: what comes of it, and what to do. Pure. */
import type { TopicDifference } from '../../libs/kafka/cluster/topic-admin.ts';
import { trouble, type Finding } from '../../libs/domain/system/finding.ts';

export interface TopicsOfOurs {
  /** The platform's own, whose form its producers choose. */
  readonly platform: readonly string[];
  /** The two that a dispatcher holds by the same partition number. */
  readonly lanes: readonly [main: string, parked: string];
}

const namesMax = 4;

/** One finding for all topics that differ in the same way. */
export function judgeDifferences(differences: readonly TopicDifference[], ours: TopicsOfOurs): readonly Finding[] {
  const isPlatform = ({ topic }: TopicDifference) => ours.platform.includes(topic);
  const groups = Map.groupBy(differences, (difference) =>
    [isPlatform(difference), difference.what, difference.has, difference.wants].join(' '),
  );
  const lanesDiffer = partitionsOf(differences, ours.lanes[0]) !== partitionsOf(differences, ours.lanes[1]);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const says = `${first.what} is ${first.has}, not ${first.wants}: ${namesOf(group)}`;
    if (isPlatform(first))
      return [trouble('topics', 'notice', says, 'fine if its producers want it so: the topic is theirs')];
    const hasLane = group.some(({ topic }) => ours.lanes.includes(topic));
    const change = changeOf(first, group.length === 1);
    return [judge(first, { says, change, isOddLane: lanesDiffer && hasLane })];
  });
}

interface Difference {
  readonly says: string;
  /** How to make it right, where that is a setting. */
  readonly change: string;
  /** The two lanes have other numbers of partitions. */
  readonly isOddLane: boolean;
}

function judge({ what, has, wants }: TopicDifference, { says, change, isOddLane }: Difference): Finding {
  switch (what) {
    case 'partitions': {
      const remedy = isOddLane
        ? 'the dispatcher needs as many in both lanes and cannot run: with the apps stopped, add partitions to the one that has fewer'
        : 'all topics keyed by webhook need as many: correct TOPIC_PARTITIONS, or add partitions with the apps stopped';
      return trouble('topics', isOddLane ? 'error' : 'warning', says, remedy);
    }
    case 'replication': {
      if (Number(has) > Number(wants)) return trouble('topics', 'notice', says, 'correct TOPIC_REPLICATION');
      return trouble(
        'topics',
        'warning',
        says,
        'the loss of one broker loses them: add replicas with kafka-reassign-partitions.sh',
      );
    }
    case 'cleanup.policy': {
      const loss =
        wants === 'compact'
          ? 'records older than retention.ms are lost'
          : 'all but the last record of each key are lost';
      return trouble('topics', 'error', says, `until then ${loss}: ${change}`);
    }
    default: {
      const isMore = what === 'retention.ms' && Number(has) > Number(wants);
      return trouble('topics', isMore ? 'notice' : 'warning', says, change);
    }
  }
}

function changeOf({ topic, what, wants }: TopicDifference, isOnlyOne: boolean): string {
  const name = isOnlyOne ? topic : '<each of them>';
  return `kafka-configs.sh --bootstrap-server <broker> --alter --entity-type topics --entity-name ${name} --add-config ${what}=${wants}`;
}

/** Null: as many as configured. */
function partitionsOf(differences: readonly TopicDifference[], name: string): string | null {
  return differences.find(({ topic, what }) => topic === name && what === 'partitions')?.has ?? null;
}

function namesOf(group: readonly TopicDifference[]): string {
  return shortList(group.map(({ topic }) => topic));
}

/** The first of them, and how many more there are. */
export function shortList(names: readonly string[]): string {
  const more = names.length - namesMax;
  return more <= 1 ? names.join(', ') : `${names.slice(0, namesMax).join(', ')} and ${more} more`;
}

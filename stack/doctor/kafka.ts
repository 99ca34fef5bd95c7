/** Kafka as it is: brokers, topics, groups. */
import { KafkaClient, kafkaConnection } from '../../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../../libs/kafka/cluster/topic-admin.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import { sentenceOf } from '../failure.ts';
import { wantedTopics } from '../wanted-topics.ts';
import type { DoctorConfig } from './examination.ts';
import { ok, trouble, type Area, type Finding } from '../../libs/domain/system/finding.ts';
import { judgeGroup } from '../../libs/domain/system/judgements.ts';
import { judgeDifferences } from './topics.ts';

/** What has to be read on without waiting; in tiers and in the parked lane records wait by design. */
export const readTopics = {
  fanout: [topics.notices],
  dispatcher: [topics.deliveries],
  'retry-scheduler': [],
} as const;

/** @throws when no broker answers */
export async function examineKafka(config: DoctorConfig): Promise<readonly Finding[]> {
  const client = new KafkaClient(kafkaConnection(config, 'doctor'), createLogger('doctor', 'silent'));
  const admin = new TopicAdmin(client);
  try {
    const brokers = await admin.brokerCount();
    return [
      ok('kafka', `${brokers} ${brokers === 1 ? 'broker answers' : 'brokers answer'}`),
      ...(await examineTopics(admin, config)),
      ...(await examineGroups(admin, config).catch(unasked('lag', 'consumer groups'))),
    ];
  } finally {
    await admin.close();
  }
}

/** Topics that are missing, for example, keep nobody from asking on. */
function unasked(area: Area, what: string) {
  return (error: unknown): readonly Finding[] => {
    return [trouble(area, 'notice', `${what} were not read (${sentenceOf(error)})`, 'see what is said of Kafka')];
  };
}

async function examineTopics(admin: TopicAdmin, config: DoctorConfig): Promise<readonly Finding[]> {
  const wanted = wantedTopics(config);
  const { missing, different, leaderless, underReplicated } = await admin.inspect(wanted);
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push(trouble('topics', 'error', `missing: ${missing.join(', ')}`, 'npm run setup creates them'));
  }
  const platform = config.PLATFORM_TOPICS.map((name) => config.TOPIC_PREFIX + name);
  const lanes = [topics.deliveries, topics.parked].map((topic) => topicName(config.TOPIC_PREFIX, topic));
  findings.push(...judgeDifferences(different, { platform, lanes: lanes as [string, string] }));
  if (leaderless.length > 0) {
    const remedy = 'bring the brokers back that hold them';
    findings.push(trouble('topics', 'error', `without a leader: ${leaderless.join(', ')}`, remedy));
  }
  if (underReplicated.length > 0) {
    const remedy = 'one broker less and writes may stop: bring the missing ones back';
    findings.push(trouble('topics', 'warning', `${underReplicated.length} partitions are under-replicated`, remedy));
  }
  return findings.length === 0 ? [ok('topics', `${wanted.length} topics are as configured`)] : findings;
}

async function examineGroups(admin: TopicAdmin, config: DoctorConfig): Promise<readonly Finding[]> {
  const prefix = config.TOPIC_PREFIX;
  // Projector and monitor keep their positions in the database, where their lag is asked for.
  const apps = ['fanout', 'dispatcher', 'retry-scheduler'] as const;
  const members = await admin.memberCounts(apps.map((app) => prefix + app));
  const ownInputs = config.PLATFORM_KAFKA_BROKERS === null ? config.PLATFORM_TOPICS : [topics.platformEvents.name];
  const inputs = wantedTopics(config)
    .map(({ name }) => name)
    .filter((name) => ownInputs.includes(name.slice(prefix.length)));
  const findings: Finding[] = [];
  for (const app of apps) {
    const count = members.get(prefix + app) ?? 0;
    const read = readTopics[app].map((topic) => topicName(prefix, topic));
    const lag = await lagOf(admin, prefix + app, app === 'fanout' ? [...inputs, ...read] : read);
    const isSwitchedOff = app === 'dispatcher' && !config.WEBHOOKS_ENABLED;
    findings.push(judgeGroup({ app, members: count, lag, isSwitchedOff }));
  }
  return findings;
}

/** Records that a group has not finished. */
export async function lagOf(admin: TopicAdmin, groupId: string, names: readonly string[]): Promise<number> {
  if (names.length === 0) return 0;
  const lag = await admin.groupLag(groupId, names);
  return [...lag.values()].reduce((sum, behind) => sum + behind, 0);
}

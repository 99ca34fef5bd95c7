/** Kafka as it is: brokers, topics, groups, the time. */
import { randomBytes } from 'node:crypto';
import { brokerAheadMs } from '../../libs/kafka/broker-clock.ts';
import { KafkaClient, kafkaConnection } from '../../libs/kafka/kafka-client.ts';
import { TopicAdmin } from '../../libs/kafka/topic-admin.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import { sentenceOf } from '../failure.ts';
import { wantedTopics } from '../wanted-topics.ts';
import type { DoctorConfig } from './examination.ts';
import { ok, trouble, type Finding } from './finding.ts';
import { judgeClock, judgeGroup } from './judgements.ts';

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
      await examineClock(client, config),
    ];
  } finally {
    await admin.close();
  }
}

/** Topics that are missing, for example, keep nobody from asking on. */
function unasked(area: string, what: string) {
  return (error: unknown): readonly Finding[] => {
    return [trouble(area, 'notice', `${what} were not read (${sentenceOf(error)})`, 'see what is said of Kafka')];
  };
}

async function examineTopics(admin: TopicAdmin, config: DoctorConfig): Promise<readonly Finding[]> {
  const wanted = wantedTopics(config);
  const { missing, mismatched, leaderless, underReplicated } = await admin.inspect(wanted);
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push(trouble('topics', 'error', `missing: ${missing.join(', ')}`, 'npm run setup creates them'));
  }
  for (const difference of mismatched) {
    const remedy = /partitions is/.test(difference)
      ? 'all topics keyed by webhook need the same number: correct TOPIC_PARTITIONS, or the topic with the apps stopped'
      : "correct it with Kafka's tools, or the key it comes from: setup changes nothing that exists";
    findings.push(trouble('topics', 'warning', difference, remedy));
  }
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
  const apps = ['fanout', 'dispatcher', 'retry-scheduler', 'projector', 'monitor'] as const;
  const members = await admin.memberCounts(apps.map((app) => prefix + app));
  const inputs = wantedTopics(config)
    .map(({ name }) => name)
    .filter((name) => config.PLATFORM_TOPICS.includes(name.slice(prefix.length)));
  const findings: Finding[] = [];
  for (const app of apps) {
    const count = members.get(prefix + app) ?? 0;
    // Their positions are in the database, which tells their lag.
    if (app === 'projector' || app === 'monitor') {
      if (count === 0) findings.push(judgeGroup({ app, members: 0, lag: 0 }));
      continue;
    }
    const read = readTopics[app].map((topic) => topicName(prefix, topic));
    const lag = await lagOf(admin, prefix + app, app === 'fanout' ? [...inputs, ...read] : read);
    findings.push(judgeGroup({ app, members: count, lag }));
  }
  return findings;
}

async function lagOf(admin: TopicAdmin, groupId: string, names: readonly string[]): Promise<number> {
  if (names.length === 0) return 0;
  const lag = await admin.groupLag(groupId, names);
  return [...lag.values()].reduce((sum, behind) => sum + behind, 0);
}

async function examineClock(client: KafkaClient, config: DoctorConfig): Promise<Finding> {
  try {
    const topic = `${config.TOPIC_PREFIX}doctor.clock.${randomBytes(4).toString('hex')}`;
    return judgeClock('Kafka', await brokerAheadMs(client, topic));
  } catch (error) {
    const says = `the clock of Kafka was not read (${sentenceOf(error)})`;
    return trouble('clocks', 'notice', says, 'let the doctor create and delete topics, or compare the clocks yourself');
  }
}

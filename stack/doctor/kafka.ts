/** Kafka as it is: brokers, topics, groups. */
import { KafkaClient, kafkaConnection, type KafkaConnection } from '../../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../../libs/kafka/cluster/topic-admin.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { within } from '../../libs/kafka/within.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import { sentenceOf } from '../failure.ts';
import { wantedTopics } from '../wanted-topics.ts';
import type { DoctorConfig } from './examination.ts';
import { ok, trouble, type Area, type Finding } from '../../libs/domain/system/finding.ts';
import { judgeGroup } from '../../libs/domain/system/judgements.ts';
import { judgeKafkaTrouble, rights } from './kafka-trouble.ts';
import { readSocket } from './sockets.ts';
import { judgeDifferences, shortList } from './topics.ts';

/** What has to be read on without waiting; in tiers and in the parked lane records wait by design. */
export const readTopics = {
  fanout: [topics.notices],
  dispatcher: [topics.deliveries],
  'retry-scheduler': [],
} as const;

export async function examineKafka(config: DoctorConfig): Promise<readonly Finding[]> {
  const connection = kafkaConnection(config, 'doctor');
  return withBrokers({ connection, prefix: 'KAFKA_', where: '' }, async (admin, answers) => {
    return [
      answers,
      ...(await examineTopics(admin, config)),
      ...(await examineGroups(admin, config).catch(unasked('lag', 'consumer groups'))),
    ];
  });
}

export interface Brokers {
  readonly connection: KafkaConnection;
  /** Before the names of the keys that name them. */
  readonly prefix: string;
  /** Words behind "answer", to tell one cluster from another; they begin with a blank. */
  readonly where: string;
}

/** With 3 s for its sockets behind it, the whole stays under ten. */
const answerMs = 5_000;
const abandonMs = 3_000;

/** `examine` when a broker answers; why none does when not. */
export async function withBrokers(
  { connection, prefix, where }: Brokers,
  examine: (admin: TopicAdmin, answers: Finding) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const admin = new TopicAdmin(new KafkaClient(connection, createLogger('doctor', 'silent')));
  const asked = admin.brokerCount();
  try {
    if (!(await within(answerMs, asked))) throw new Error(`no answer within ${answerMs / 1_000} s`);
  } catch (error) {
    const { tls: isTls, sasl } = connection;
    await admin.abandon();
    const [sockets] = await Promise.all([
      Promise.all(connection.brokers.map(readSocket)),
      within(
        abandonMs,
        asked.catch(() => undefined),
      ),
    ]);
    return [judgeKafkaTrouble({ said: sentenceOf(error), isTls, isLogin: sasl !== null, sockets, prefix })];
  }
  try {
    const brokers = await asked;
    return await examine(
      admin,
      ok('kafka', `${brokers} ${brokers === 1 ? 'broker answers' : 'brokers answer'}${where}`),
    );
  } catch (error) {
    if (!isRefused(error)) throw error;
    return [trouble('kafka', 'error', `the user lacks rights${where}: ${sentenceOf(error)}`, rights)];
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
    findings.push(await judgeMissing(admin, missing));
  }
  const platform = config.PLATFORM_TOPICS.map((name) => config.TOPIC_PREFIX + name);
  const lanes = [topics.deliveries, topics.parked].map((topic) => topicName(config.TOPIC_PREFIX, topic));
  findings.push(...judgeDifferences(different, { platform, lanes: lanes as [string, string] }));
  if (leaderless.length > 0) {
    const remedy = 'bring back the brokers that hold them';
    findings.push(trouble('topics', 'error', `without a leader: ${leaderless.join(', ')}`, remedy));
  }
  if (underReplicated.length > 0) {
    const remedy = 'one more lost broker may stop writes: bring the missing ones back';
    findings.push(trouble('topics', 'warning', `${underReplicated.length} partitions are under-replicated`, remedy));
  }
  return findings.length === 0 ? [ok('topics', `${wanted.length} topics are as configured`)] : findings;
}

function isRefused(error: unknown): boolean {
  return /_AUTHORIZATION_FAILED$/.test(String((error as { readonly type?: unknown }).type));
}

/** Kafka does not list topics that a user may not describe. */
async function judgeMissing(admin: TopicAdmin, missing: readonly string[]): Promise<Finding> {
  if (await admin.isHidden(missing)) {
    return trouble('topics', 'error', `this user may not see ${shortList(missing)}`, rights);
  }
  return trouble('topics', 'error', `missing: ${missing.join(', ')}`, 'npm run setup creates them');
}

async function examineGroups(admin: TopicAdmin, config: DoctorConfig): Promise<readonly Finding[]> {
  const prefix = config.TOPIC_PREFIX;
  // Projector and monitor keep their positions in the database, where their lag is asked for.
  const apps = ['fanout', 'dispatcher', 'retry-scheduler'] as const;
  const members = await admin.memberCounts(apps.map((app) => prefix + app));
  const named = config.PLATFORM_KAFKA_BROKERS === null ? config.PLATFORM_TOPICS : [];
  const ownInputs = [...named, topics.platformEvents.name];
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

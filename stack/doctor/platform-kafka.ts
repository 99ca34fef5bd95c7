/** The cluster that platform events come from, where it is not the system's own: is it there, has it the topics, is it read. */
import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { platformConnection } from '../../libs/kafka/cluster/platform-cluster.ts';
import { TopicAdmin } from '../../libs/kafka/cluster/topic-admin.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { patternIn } from '../../libs/wire/topics.ts';
import type { DoctorConfig } from './examination.ts';
import { ok, trouble, type Finding } from '../../libs/domain/system/finding.ts';
import { judgeGroup } from '../../libs/domain/system/judgements.ts';
import { lagOf } from './kafka.ts';

const where = "on the platform's cluster";

/** @throws when none of its brokers answers */
export async function examinePlatformKafka(config: DoctorConfig): Promise<readonly Finding[]> {
  const connection = platformConnection(config, 'doctor');
  if (connection === null) return [];
  const admin = new TopicAdmin(new KafkaClient(connection, createLogger('doctor', 'silent')));
  try {
    const brokers = await admin.brokerCount();
    const named = config.PLATFORM_TOPICS.filter((item) => patternIn(item) === undefined);
    const held = await admin.holdings(named);
    const missing = named.filter((name) => !held.has(name));
    const present = named.filter((name) => held.has(name));
    const groupId = `${config.TOPIC_PREFIX}fanout`;
    const members = (await admin.memberCounts([groupId])).get(groupId) ?? 0;
    const remedy = 'correct PLATFORM_TOPICS, or have them made there: setup makes no topic of the platform';
    return [
      ok('kafka', `${brokers} ${brokers === 1 ? 'broker answers' : 'brokers answer'} ${where}`),
      ...(missing.length === 0 ? [] : [trouble('topics', 'error', `missing ${where}: ${missing.join(', ')}`, remedy)]),
      judgeGroup({ app: 'fanout', where, members, lag: await lagOf(admin, groupId, present) }),
    ];
  } finally {
    await admin.close();
  }
}

/** The cluster that platform events come from, where it is not the system's own: is it there, has it the topics, is it read. */
import { platformConnection } from '../../libs/kafka/cluster/platform-cluster.ts';
import { patternIn } from '../../libs/wire/topics.ts';
import type { DoctorConfig } from './examination.ts';
import { trouble, type Finding } from '../../libs/domain/system/finding.ts';
import { judgeGroup } from '../../libs/domain/system/judgements.ts';
import { lagOf, withBrokers } from './kafka.ts';

const where = "on the platform's cluster";

export async function examinePlatformKafka(config: DoctorConfig): Promise<readonly Finding[]> {
  const connection = platformConnection(config, 'doctor');
  if (connection === null) return [];
  return withBrokers({ connection, prefix: 'PLATFORM_KAFKA_', where: ` ${where}` }, async (admin, answers) => {
    const named = config.PLATFORM_TOPICS.filter((item) => patternIn(item) === undefined);
    const held = await admin.holdings(named);
    const missing = named.filter((name) => !held.has(name));
    const present = named.filter((name) => held.has(name));
    const groupId = `${config.TOPIC_PREFIX}fanout`;
    const members = (await admin.memberCounts([groupId])).get(groupId) ?? 0;
    const remedy = 'correct PLATFORM_TOPICS, or create the topics there: setup does not create topics of the platform';
    return [
      answers,
      ...(missing.length === 0 ? [] : [trouble('topics', 'error', `missing ${where}: ${missing.join(', ')}`, remedy)]),
      judgeGroup({ app: 'fanout', where, members, lag: await lagOf(admin, groupId, present) }),
    ];
  });
}

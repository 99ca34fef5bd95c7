/** From the table of topics and the configuration to what has to exist on the cluster. Pure. */
import type { WantedTopic } from '../libs/kafka/cluster/topic-admin.ts';
import { allTopics, topicName, topics, type TopicSpec } from '../libs/wire/topics.ts';
import type { SetupConfig } from './setup-config.ts';

type TopicConfig = Pick<
  SetupConfig,
  'TOPIC_PARTITIONS' | 'TOPIC_REPLICATION' | 'TOPIC_PREFIX' | 'PLATFORM_TOPICS' | 'PLATFORM_KAFKA_BROKERS'
>;

/** Room for the largest event, wrapped, in a batch of its own. */
const messageBytesMax = 2 * 1024 * 1024;

/** Every topic of ours, and the platform's own topics that are named, unless they are on a cluster of its own; a regular expression names none to create. */
export function wantedTopics(config: TopicConfig): readonly WantedTopic[] {
  const isRegularExpression = (name: string) => name.startsWith('/') && name.endsWith('/');
  const inputs = config.PLATFORM_KAFKA_BROKERS === null ? config.PLATFORM_TOPICS : [];
  const platform = inputs.filter((name) => !isRegularExpression(name) && name !== topics.platformEvents.name);
  const specs = [...platform.map((name) => ({ ...topics.platformEvents, name })), ...allTopics];
  return specs.map((spec) => ({
    name: topicName(config.TOPIC_PREFIX, spec),
    partitions: config.TOPIC_PARTITIONS,
    replication: config.TOPIC_REPLICATION,
    config: { ...retention(spec), ...durability(config), 'max.message.bytes': String(messageBytesMax) },
  }));
}

function retention(spec: TopicSpec): Record<string, string> {
  if (spec.compacted) return { 'cleanup.policy': 'compact' };
  return { 'cleanup.policy': 'delete', 'retention.ms': String(spec.retentionMs) };
}

function durability(config: TopicConfig): Record<string, string> {
  return { 'min.insync.replicas': config.TOPIC_REPLICATION >= 3 ? '2' : '1' };
}

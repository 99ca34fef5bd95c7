import type { Command } from '../command.ts';
import { brokersOption } from '../kafka-options.ts';

export const topics: Command = {
  name: 'topics',
  summary: 'Shows the topics of this system: partitions, records, and how far each app is behind.',
  operands: '[<topic>]',
  operandsMin: 0,
  operandsMax: 1,
  options: brokersOption,
  notes: [
    'Connects to Kafka, not to the API: KAFKA_TLS, KAFKA_SASL_… and TOPIC_PREFIX of the environment apply as for the apps. With a topic, each of its partitions is shown. Records are those that Kafka still keeps; of a compacted topic, or after transactions, there are fewer.',
    'projector and monitor keep their positions in PostgreSQL: npm run doctor and the metric webhooks_consumer_lag say how far they are behind.',
  ],
  examples: ['topics', 'topics webhook.deliveries --json'],
  needsApi: false,
  run: async (context) => (await import('../over-kafka/show-topics.ts')).showTopics(context),
};

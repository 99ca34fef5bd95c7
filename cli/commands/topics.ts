import { KafkaClient, kafkaConnection } from '../../libs/kafka/kafka-client.ts';
import { TopicAdmin } from '../../libs/kafka/topic-admin.ts';
import { readConfig } from '../../libs/runtime/config.ts';
import { connectionKeys } from '../../libs/runtime/config-keys.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import type { Command } from '../command.ts';
import { topicReports, type TopicReport } from '../topic-report.ts';
import { CliFailure } from '../failure.ts';
import { tableLines } from '../../libs/domain/printable.ts';

export const topics: Command = {
  name: 'topics',
  summary: 'Shows the topics of this system: partitions, records, and how far each app is behind.',
  operands: '[<topic>]',
  operandsMin: 0,
  operandsMax: 1,
  options: { brokers: { takes: 'HOST:PORT,…', text: 'Kafka (KAFKA_BROKERS; default 127.0.0.1:19092)' } },
  notes: [
    'Speaks with Kafka, not with the API: KAFKA_TLS, KAFKA_SASL_… and TOPIC_PREFIX of the environment count as for the apps. With a topic, each of its partitions is shown. Records are those that Kafka still keeps; of a compacted topic, or after transactions, there are fewer.',
    'projector and monitor keep their positions in PostgreSQL: npm run doctor and the metric webhooks_consumer_lag say how far they are behind.',
  ],
  examples: ['topics', 'topics webhook.deliveries --json'],
  needsApi: false,
  run: async ({ operands: [only], given, settings, terminal }) => {
    const brokers = given.text('brokers');
    const env = { ...settings.env, ...(brokers !== null && { KAFKA_BROKERS: brokers, KAFKA_BROKERS_FILE: undefined }) };
    const config = readConfig(connectionKeys, env);
    const admin = new TopicAdmin(new KafkaClient(kafkaConnection(config, 'cli'), createLogger('cli', 'silent')));
    try {
      const reports = await topicReports(admin, config.TOPIC_PREFIX, only ?? null);
      if (reports.length === 0) throw new CliFailure('usage', `There is no topic '${only ?? ''}': see topics.`);
      terminal.show(only === undefined ? { topics: reports } : reports[0], () =>
        only === undefined ? overviewLines(reports) : reports.flatMap(partitionLines),
      );
    } catch (error) {
      if (error instanceof CliFailure) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const place = config.KAFKA_BROKERS.join(', ');
      throw new CliFailure(
        'unreachable',
        `Kafka at ${place} does not answer (${reason}): check KAFKA_BROKERS or --brokers.`,
      );
    } finally {
      await admin.close();
    }
  },
};

function overviewLines(reports: readonly TopicReport[]): readonly string[] {
  return tableLines(
    ['TOPIC', 'PARTITIONS', 'RECORDS', 'LAG'],
    reports.map(({ name, exists, partitions, groups }) => {
      if (!exists) return [name, 'none', '-', 'run npm run setup'];
      const records = partitions.reduce((sum, { begin, end }) => sum + end - begin, 0);
      const behind = groups.map(({ group, lag }) => `${group} ${lag ?? '?'}`).join(', ');
      return [name, String(partitions.length), String(records), behind === '' ? '-' : behind];
    }),
  );
}

function partitionLines({ name, partitions, groups }: TopicReport): readonly string[] {
  return [
    name,
    ...tableLines(
      ['PARTITION', 'BEGIN', 'END', ...groups.map(({ group }) => `LAG OF ${group}`)],
      partitions.map(({ partition, begin, end }) => [
        ...[partition, begin, end].map(String),
        ...groups.map(({ lagByPartition }) => String(lagByPartition[partition] ?? '?')),
      ]),
    ),
  ];
}

import { TopicAdmin } from '../../libs/kafka/topic-admin.ts';
import type { Command } from '../command.ts';
import { topicReports, type TopicReport } from '../topic-report.ts';
import { CliFailure } from '../failure.ts';
import { brokersOption, withKafka } from '../kafka-access.ts';
import { tableLines } from '../../libs/domain/printable.ts';

export const topics: Command = {
  name: 'topics',
  summary: 'Shows the topics of this system: partitions, records, and how far each app is behind.',
  operands: '[<topic>]',
  operandsMin: 0,
  operandsMax: 1,
  options: brokersOption,
  notes: [
    'Speaks with Kafka, not with the API: KAFKA_TLS, KAFKA_SASL_… and TOPIC_PREFIX of the environment count as for the apps. With a topic, each of its partitions is shown. Records are those that Kafka still keeps; of a compacted topic, or after transactions, there are fewer.',
    'projector and monitor keep their positions in PostgreSQL: npm run doctor and the metric webhooks_consumer_lag say how far they are behind.',
  ],
  examples: ['topics', 'topics webhook.deliveries --json'],
  needsApi: false,
  run: ({ operands: [only], given, settings, terminal }) =>
    withKafka({ given, settings }, {}, async ({ config, client, asked }) => {
      const admin = new TopicAdmin(client);
      const reports = await asked(topicReports(admin, config.TOPIC_PREFIX, only ?? null)).finally(() => admin.close());
      if (reports.length === 0) throw new CliFailure('usage', `There is no topic '${only ?? ''}': see topics.`);
      terminal.show(only === undefined ? { topics: reports } : reports[0], () =>
        only === undefined ? overviewLines(reports) : reports.flatMap(partitionLines),
      );
    }),
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

import { tableLines } from '../../libs/domain/payload/printable.ts';
import { TopicAdmin } from '../../libs/kafka/cluster/topic-admin.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { withKafka } from '../kafka-access.ts';
import { topicReports, type TopicReport } from '../topic-report.ts';

export function showTopics({ operands: [only], given, settings, terminal }: CommandContext): Promise<void> {
  return withKafka({ given, settings }, {}, async ({ config, client, asked }) => {
    const admin = new TopicAdmin(client);
    const reports = await asked(topicReports(admin, config.TOPIC_PREFIX, only ?? null)).finally(() => admin.close());
    if (reports.length === 0) throw new CliFailure('usage', `There is no topic '${only ?? ''}': see topics.`);
    terminal.show(only === undefined ? { topics: reports } : reports[0], () =>
      only === undefined
        ? overviewLines(reports, terminal.width)
        : reports.flatMap((report) => partitionLines(report, terminal.width)),
    );
  });
}

function overviewLines(reports: readonly TopicReport[], width: number | null): readonly string[] {
  return tableLines(
    ['TOPIC', 'PARTITIONS', 'RECORDS', 'LAG'],
    reports.map(({ name, exists, partitions, groups }) => {
      if (!exists) return [name, 'none', '-', 'run npm run setup'];
      const records = partitions.reduce((sum, { begin, end }) => sum + end - begin, 0);
      const behind = groups.map(({ group, lag }) => `${group} ${lag ?? '?'}`).join(', ');
      return [name, String(partitions.length), String(records), behind === '' ? '-' : behind];
    }),
    width,
  );
}

function partitionLines({ name, partitions, groups }: TopicReport, width: number | null): readonly string[] {
  return [
    name,
    ...tableLines(
      ['PARTITION', 'BEGIN', 'END', ...groups.map(({ group }) => `LAG OF ${group}`)],
      partitions.map(({ partition, begin, end }) => [
        ...[partition, begin, end].map(String),
        ...groups.map(({ lagByPartition }) => String(lagByPartition[partition] ?? '?')),
      ]),
      width,
    ),
  ];
}

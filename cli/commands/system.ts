import { dataOf } from '../../libs/api-client/api-client.ts';
import { areas, reportLines, type Area } from '../../libs/domain/system/finding.ts';
import { tableLines } from '../../libs/domain/payload/printable.ts';
import type { Command } from '../command.ts';

export const system: Command = {
  name: 'system',
  summary: 'Shows the state of the system: who is behind, what waits, what is wrong and what to do.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {},
  notes: [
    'For operators. It is up to ten seconds old. npm run doctor looks at more, and needs Kafka and the database.',
  ],
  examples: ['system', 'system --json'],
  needsApi: true,
  run: async ({ settings, terminal, signal }) => {
    const report = await dataOf(settings.api(signal).GET('/v1/system'));
    const { lag, backlog, outbox, findings } = report;
    terminal.show(report, () => [
      ...tableLines(
        ['APP', 'CONSUMING', 'TOPIC', 'BEHIND'],
        (lag ?? []).flatMap(({ app, members, topics }) =>
          topics.map(({ topic, lag: behind }) => [app, String(members), topic, String(behind)]),
        ),
        terminal.width,
      ),
      '',
      `${backlog?.pending ?? '?'} deliveries pending, ${backlog?.retrying ?? '?'} to be tried again, the oldest of ${backlog?.oldestAt ?? '-'}`,
      `${outbox?.count ?? '?'} changes in the outbox`,
      '',
      ...reportLines(findings.map((finding) => ({ ...finding, area: areaOf(finding.area) }))),
    ]);
  },
};

function areaOf(text: string): Area {
  return Object.hasOwn(areas, text) ? (text as Area) : 'apps';
}

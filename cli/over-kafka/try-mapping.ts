import { lastRecords } from '../../libs/kafka/tail/last-records.ts';
import type { CommandContext } from '../command.ts';
import { mapLastDefault } from '../commands/map.ts';
import { becomesLines, EventReading, readingKeys, type Becomes } from '../event-reading.ts';
import { CliFailure } from '../failure.ts';
import { withKafka } from '../kafka-access.ts';

const lastRange = { min: 1, max: 10_000 };
const readMs = 60_000;

export function tryMapping(context: CommandContext): Promise<void> {
  return withKafka(context, readingKeys, async ({ config, client, logger, asked }) => {
    const { given, terminal } = context;
    const named = given.text('topic');
    if (named === null) throw new CliFailure('usage', 'Name the topic: --topic.');
    const reading = new EventReading(config, config.TOPIC_PREFIX, given.text('file') ?? config.PLATFORM_MAPPINGS ?? '');
    const prefixed = config.TOPIC_PREFIX + named;
    const count = given.whole('last', lastRange) ?? mapLastDefault;
    const read = (topic: string) => asked(lastRecords(client, { topic, count, logger, deadlineMs: readMs }));
    // Topics of others that a pattern names have no prefix.
    const own = await read(prefixed);
    const [topic, records] = own === null ? [named, await read(named)] : [prefixed, own];
    if (records === null) throw new CliFailure('usage', `There is no topic '${named}'.`);
    const mapping = reading.mappings.find(topic)?.topic ?? null;
    if (mapping === null) terminal.remark(`No mapping is for ${topic}: its records are read as CloudEvents.`);
    const counts: Record<Becomes['result'], number> = { event: 0, skipped: 0, tombstone: 0, rejected: 0 };
    const shown: object[] = [];
    const lines: string[] = [];
    for (const record of records) {
      const becomes = await reading.becomes(record);
      const { partition, offset, timestampMs } = record;
      counts[becomes.result] += 1;
      if (terminal.isJson) shown.push({ partition, offset, timestampMs, ...becomes });
      else lines.push(...becomesLines(`${partition}@${offset}`, becomes));
    }
    const { event, skipped, tombstone, rejected } = counts;
    const sums = `${event} events, ${skipped} left out, ${tombstone} tombstones, ${rejected} rejected`;
    terminal.show({ topic, mapping, counts, records: shown }, () => [...lines, `${topic}: ${sums}.`]);
  });
}

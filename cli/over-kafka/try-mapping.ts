import { KafkaClient } from '../../libs/kafka/cluster/kafka-client.ts';
import { platformConnection } from '../../libs/kafka/cluster/platform-cluster.ts';
import { lastRecords } from '../../libs/kafka/tail/last-records.ts';
import { platformKafkaKeys } from '../../libs/runtime/platform-kafka-keys.ts';
import type { CommandContext } from '../command.ts';
import { mapLastDefault } from '../commands/map.ts';
import { becomesLines, EventReading, readingKeys, type Becomes } from '../event-reading.ts';
import { CliFailure } from '../failure.ts';
import { withKafka } from '../kafka-access.ts';

const lastRange = { min: 1, max: 10_000 };
const readMs = 60_000;

export function tryMapping(context: CommandContext): Promise<void> {
  return withKafka(
    context,
    { ...readingKeys, ...platformKafkaKeys },
    async ({ config, client: own, logger, asked }) => {
      const { given, terminal } = context;
      const named = given.text('topic');
      if (named === null) throw new CliFailure('usage', 'Name the topic: --topic.');
      // Brokers that are named are meant.
      const there = given.text('brokers') === null ? platformConnection(config, 'cli') : null;
      const client = there === null ? own : new KafkaClient(there, logger);
      const prefix = there === null ? config.TOPIC_PREFIX : '';
      const reading = new EventReading(config, prefix, given.text('file') ?? config.PLATFORM_MAPPINGS ?? '');
      const prefixed = prefix + named;
      const count = given.whole('last', lastRange) ?? mapLastDefault;
      const read = (topic: string) =>
        asked(lastRecords(client, { topic, count, logger, deadlineMs: readMs }), there?.brokers);
      // Topics of others that a pattern names have no prefix.
      const first = await read(prefixed);
      const [topic, records] = first === null ? [named, await read(named)] : [prefixed, first];
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
    },
  );
}

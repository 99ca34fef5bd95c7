import { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import type { KafkaRecord, OutgoingRecord } from '../../libs/kafka/record.ts';
import { topicKeys } from '../../libs/runtime/config-keys.ts';
import { platformKafkaKeys } from '../../libs/runtime/platform-kafka-keys.ts';
import { redrivenHeaders, redriveRefusal } from '../../libs/wire/mapping/redriven.ts';
import { topics } from '../../libs/wire/topics.ts';
import type { CommandContext } from '../command.ts';
import { redriveLastDefault } from '../commands/rejected-redrive.ts';
import { becomesLines, EventReading, readingKeys, type Becomes } from '../event-reading.ts';
import { CliFailure } from '../failure.ts';
import { withKafka } from '../kafka-access.ts';
import { placeOf, rejectedRecords, type RejectedRecord } from '../rejected-records.ts';

export function redriveRejected(context: CommandContext): Promise<void> {
  return withKafka(context, { ...readingKeys, ...topicKeys, ...platformKafkaKeys }, async (access) => {
    const { given, terminal } = context;
    if (given.text('topic') === null && given.text('reason') === null && given.texts('at').length === 0) {
      throw new CliFailure('usage', 'Say which: --topic, --reason or --at.');
    }
    const { config } = access;
    const isApart = config.PLATFORM_KAFKA_BROKERS !== null;
    // Our own, wherever they came from: topics of the platform have other readers.
    const target = topics.platformEvents.name;
    const namedBy = isApart ? '' : config.TOPIC_PREFIX;
    const reading = new EventReading(config, namedBy, given.text('file') ?? config.PLATFORM_MAPPINGS ?? '');
    const chosen = await rejectedRecords(context, access, redriveLastDefault);
    const isDry = given.has('dry-run');
    const all: { readonly one: RejectedRecord; readonly becomes: Becomes }[] = [];
    for (const one of chosen) {
      const refusal = refusalOf(one, config.TOPIC_PREFIX);
      const becomes = refusal ?? (await reading.becomes(asSentAgain(one, config.TOPIC_PREFIX + target)));
      all.push({ one, becomes });
    }
    const wanted = all.filter(({ becomes }) => becomes.result === 'event').map(({ one }) => one);
    if (!isDry && wanted.length > 0) {
      const sink = new RecordSink(access.client, access.logger);
      const records = wanted.map((one) => outgoing(one, config.TOPIC_PREFIX + target));
      await access.asked(sink.append(records)).finally(() => sink.close());
    }
    const counts = { sent: isDry ? 0 : wanted.length, wouldBeSent: wanted.length, left: all.length - wanted.length };
    const shown = all.map(({ one: { at, origin }, becomes }) => ({ at, origin, ...becomes }));
    terminal.show({ isDryRun: isDry, ...counts, records: shown }, () => [
      ...all.flatMap(({ one, becomes }) => becomesLines(`${one.at}  ${placeOf(one.origin)}`, becomes)),
      `${wanted.length} ${isDry ? 'would be sent' : 'sent'} to ${config.TOPIC_PREFIX + target}, ${counts.left} left where they are.`,
    ]);
  });
}

/** What is no event, or has gone to others already. Null: it may be sent. */
function refusalOf(one: RejectedRecord, prefix: string): Becomes | null {
  const why = redriveRefusal(one, prefix);
  return why === null ? null : { result: 'rejected', reason: one.reason, detail: `not sent again: ${why}` };
}

function outgoing(one: RejectedRecord, topic: string): OutgoingRecord {
  const { key, value, headers } = asSentAgain(one, topic);
  return { topic, key, value, headers };
}

/** As fan-out gets it then. */
function asSentAgain({ record, origin }: RejectedRecord, topic: string): KafkaRecord {
  const headers = origin === null ? {} : redrivenHeaders(record.headers, origin);
  const bytes = Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)] as const);
  return { ...record, topic, headers: Object.fromEntries(bytes) };
}

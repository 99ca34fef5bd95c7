/** Records on platform.events.rejected, chosen by what their headers say. */
import type { ConfigSpec } from '../libs/runtime/config.ts';
import { lastRecords } from '../libs/kafka/tail/last-records.ts';
import type { KafkaRecord } from '../libs/kafka/record.ts';
import { rejectedFrom, type Origin } from '../libs/wire/mapping/redriven.ts';
import { topicName, topics } from '../libs/wire/topics.ts';
import type { CommandContext } from './command.ts';
import { CliFailure } from './failure.ts';
import type { KafkaAccess } from './kafka-access.ts';

const lastRange = { min: 1, max: 10_000 };
const readMs = 60_000;

export interface RejectedRecord {
  readonly record: KafkaRecord;
  /** On platform.events.rejected. */
  readonly at: string;
  readonly reason: string;
  readonly detail: string;
  /** Null: its headers do not say where it was. */
  readonly origin: Origin | null;
}

/** Where they are read. */
type KafkaPlace = Pick<KafkaAccess<ConfigSpec>, 'client' | 'logger' | 'asked'> & {
  readonly config: { readonly TOPIC_PREFIX: string };
};

/** The last that fit what was asked for, oldest first. @throws CliFailure, and what reading throws */
export async function rejectedRecords(
  { given }: Pick<CommandContext, 'given'>,
  { client, config, logger, asked }: KafkaPlace,
  lastDefault: number,
  isWanted: (one: RejectedRecord) => boolean = () => true,
): Promise<readonly RejectedRecord[]> {
  const [topic, reason, places] = [given.text('topic'), given.text('reason'), given.texts('at')];
  const named = topic === null ? null : [topic, config.TOPIC_PREFIX + topic];
  const fits = (one: RejectedRecord) =>
    (named === null || named.includes(one.origin?.topic ?? '')) &&
    (reason === null || one.reason === reason) &&
    (places.length === 0 || places.includes(one.at)) &&
    isWanted(one);
  const rejected = topicName(config.TOPIC_PREFIX, topics.platformEventsRejected);
  const reading = lastRecords(client, {
    topic: rejected,
    count: given.whole('last', lastRange) ?? (places.length > 0 ? lastRange.max : lastDefault),
    wanted: (record) => fits(rejectedRecord(record)),
    logger,
    deadlineMs: readMs,
  });
  const records = await asked(reading);
  if (records === null) throw new CliFailure('usage', `There is no topic '${rejected}': run npm run setup.`);
  return records.map(rejectedRecord);
}

function rejectedRecord(record: KafkaRecord): RejectedRecord {
  const text = (name: string) => (Object.hasOwn(record.headers, name) ? (record.headers[name]?.toString() ?? '') : '');
  return {
    record,
    at: `${record.partition}@${record.offset}`,
    reason: text('reason'),
    detail: text('detail'),
    origin: rejectedFrom(record.headers),
  };
}

export function placeOf(origin: Origin | null): string {
  return origin === null ? '-' : `${origin.topic}-${origin.partition}@${origin.offset}`;
}

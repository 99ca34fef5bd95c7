/** In: a topic. Out: its last records, as it is now, oldest first by the time that Kafka has of them. */
import type { Logger } from '../../runtime/logger.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';
import type { KafkaRecord } from '../record.ts';
import { TopicAdmin } from '../cluster/topic-admin.ts';
import { TopicTail } from './topic-tail.ts';
import { within } from '../within.ts';

export interface LastRecordsOptions {
  readonly topic: string;
  readonly count: number;
  readonly logger: Logger;
  readonly deadlineMs: number;
  /** Which of them count, of those that are among the last `count` of their partition. Default: all. */
  readonly wanted?: (record: KafkaRecord) => boolean;
}

/** Null: there is no such topic. @throws when Kafka does not serve it in time, and what kafkajs throws */
export async function lastRecords(
  client: KafkaClient,
  { topic, count, logger, deadlineMs, wanted = () => true }: LastRecordsOptions,
): Promise<readonly KafkaRecord[] | null> {
  const admin = new TopicAdmin(client);
  const held = await admin.holdings([topic]).finally(() => admin.close());
  const partitions = held.get(topic);
  if (partitions === undefined) return null;
  const ends = new Map(partitions.map(({ partition, end }) => [partition, end]));
  let found: KafkaRecord[] = [];
  const tail = new TopicTail(
    client,
    {
      topics: [topic],
      from: new Map(partitions.map(({ partition, begin, end }) => [partition, Math.max(begin, end - count)])),
      onRecord: (record) => {
        if (record.offset >= (ends.get(record.partition) ?? 0) || !wanted(record)) return;
        found.push(copyOf(record));
        // Of many partitions only the last ones are kept.
        if (found.length > 2 * count) found = lastOf(found, count);
      },
    },
    logger,
  );
  try {
    if (!(await within(deadlineMs, tail.start()))) {
      throw new Error(`${topic} was not read in ${deadlineMs / 1_000} s: ${tail.problem() ?? 'too slow'}`);
    }
    return lastOf(found, count);
  } finally {
    await tail.stop();
  }
}

function lastOf(records: readonly KafkaRecord[], count: number): KafkaRecord[] {
  const sorted = records.toSorted(
    (a, b) => a.timestampMs - b.timestampMs || a.partition - b.partition || a.offset - b.offset,
  );
  return sorted.slice(-count);
}

/** The bytes are slices of the whole fetched response and would keep all of it in memory. */
function copyOf(record: KafkaRecord): KafkaRecord {
  const copy = (bytes: Buffer | null) => (bytes === null ? null : Buffer.from(bytes));
  const headers = Object.entries(record.headers).map(([name, value]) => [name, Buffer.from(value)] as const);
  return { ...record, key: copy(record.key), value: copy(record.value), headers: Object.fromEntries(headers) };
}

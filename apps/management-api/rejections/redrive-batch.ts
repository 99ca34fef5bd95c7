/**
 * In: rejected events that are due. Out: their records, as they came, on the topic that fan-out reads, and what became of each.
 * Holds: what is sent is the record that was rejected, byte for byte, with headers that say where it was and how often it was
 * sent again; another record at its place is not sent.
 */
import { placeKey, type FoundRecords, type RecordPlace } from '../../../libs/kafka/fetch/records-at.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { DueRedrive, RedriveResult } from '../../../libs/postgres/rejections/redrive-store.ts';
import { redrivenHeaders, rejectedFrom } from '../../../libs/wire/mapping/redriven.ts';

export interface RedriveBatchParts {
  readonly read: (places: readonly RecordPlace[]) => Promise<FoundRecords>;
  /** Resolves once Kafka has them. */
  readonly write: (records: readonly OutgoingRecord[]) => Promise<void>;
  /** Where they go. */
  readonly topic: string;
}

const gone = 'platform.events.rejected does not have it any more';

/** Those that are not among the results are tried again. @throws what reading and writing throw */
export async function redriveBatch(
  due: readonly DueRedrive[],
  { read, write, topic }: RedriveBatchParts,
): Promise<RedriveResult[]> {
  const { records, unread } = await read(due);
  const results: RedriveResult[] = [];
  const outgoing: OutgoingRecord[] = [];
  for (const one of due) {
    if (unread.has(one.partition)) continue;
    const record = records.get(placeKey(one));
    const sent = record === undefined ? null : sentAgain(record, one, topic);
    if (sent !== null) outgoing.push(sent);
    results.push({ id: one.id, problem: sent === null ? gone : null });
  }
  if (outgoing.length > 0) await write(outgoing);
  return results;
}

function sentAgain(record: KafkaRecord, due: DueRedrive, topic: string): OutgoingRecord | null {
  const origin = rejectedFrom(record.headers);
  const isMeant =
    origin?.topic === due.sourceTopic && origin.partition === due.sourcePartition && origin.offset === due.sourceOffset;
  if (!isMeant) return null;
  return { topic, key: record.key, value: record.value, headers: redrivenHeaders(record.headers, origin) };
}

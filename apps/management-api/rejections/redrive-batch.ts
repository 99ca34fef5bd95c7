/**
 * In: rejected events that are due. Out: their records, as they came, for the topic that fan-out reads. Holds: what is sent is the
 * record that was rejected, byte for byte, with headers that say where it was and how often it was sent again; another record at its
 * place is not sent.
 */
import { placeKey, type FoundRecords, type RecordPlace } from '../../../libs/kafka/fetch/records-at.ts';
import type { KafkaRecord, OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { DueRedrive, RedriveResult } from '../../../libs/postgres/rejections/redrive-store.ts';
import { redrivenHeaders, rejectedFrom } from '../../../libs/wire/mapping/redriven.ts';
import type { RedriveRecord } from './redrive-flight.ts';

export interface RedriveBatchParts {
  readonly read: (places: readonly RecordPlace[]) => Promise<FoundRecords>;
  /** Where they go. */
  readonly topic: string;
}

const gone = 'platform.events.rejected does not have it any more';

export interface RedriveBatch {
  /** In the order of what is due. */
  readonly sending: readonly RedriveRecord[];
  /** What cannot be sent. */
  readonly failed: readonly RedriveResult[];
}

/** Those that are in neither list are tried again. @throws what reading throws */
export async function redriveBatch(
  due: readonly DueRedrive[],
  { read, topic }: RedriveBatchParts,
): Promise<RedriveBatch> {
  const { records, unread } = await read(due);
  const failed: RedriveResult[] = [];
  const sending: RedriveRecord[] = [];
  for (const one of due) {
    if (unread.has(one.partition)) continue;
    const found = records.get(placeKey(one));
    const record = found === undefined ? null : sentAgain(found, one, topic);
    if (record === null) failed.push({ id: one.id, problem: gone });
    else sending.push({ id: one.id, record });
  }
  return { sending, failed };
}

function sentAgain(record: KafkaRecord, due: DueRedrive, topic: string): OutgoingRecord | null {
  const origin = rejectedFrom(record.headers);
  const isMeant =
    origin?.topic === due.sourceTopic && origin.partition === due.sourcePartition && origin.offset === due.sourceOffset;
  if (!isMeant) return null;
  return { topic, key: record.key, value: record.value, headers: redrivenHeaders(record.headers, origin) };
}

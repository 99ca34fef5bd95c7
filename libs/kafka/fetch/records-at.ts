/**
 * In: places in a topic. Out: the records that are there now, by place. Holds: as many fetches as places at most, whatever lies
 * between them; a partition that cannot be read keeps nobody from the records of the others, and one that is gone has none.
 */
import { askNode, answerMsMax } from '../cluster/broker-answer.ts';
import { partitionKey, type ClusterLink, type TopicPartition } from '../cluster/cluster-link.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';
import { partitionLeaders } from '../cluster/partition-leaders.ts';
import type { KafkaRecord } from '../record.ts';
import { brokerError, fetchFrom } from './fetch-request.ts';
import { fetchedBatch } from './fetched-batch.ts';

export interface RecordPlace {
  readonly partition: number;
  readonly offset: number;
}

export interface FoundRecords {
  readonly records: ReadonlyMap<string, KafkaRecord>;
  /** Partitions that could not be asked: what is in them is not known. */
  readonly unread: ReadonlyMap<number, unknown>;
}

const partitionBytesMax = 262_144;
const waitMsMax = 500;

export function placeKey({ partition, offset }: RecordPlace): string {
  return `${partition}@${offset}`;
}

/** @throws what kafkajs throws when the topic is not there, or nobody answers */
export async function recordsAt(
  client: KafkaClient,
  topic: string,
  places: readonly RecordPlace[],
): Promise<FoundRecords> {
  const link = client.link();
  const records = new Map<string, KafkaRecord>();
  const unread = new Map<number, unknown>();
  try {
    await link.connect([topic]);
    const there = new Set(link.partitionsOf(topic));
    const partitions = [...new Set(places.map(({ partition }) => partition))].filter((one) => there.has(one));
    if (partitions.length === 0) return { records, unread };
    const ranges = await link.offsetRanges(partitions.map((partition) => ({ topic, partition })));
    for (const partition of partitions) {
      const range = ranges.get(partitionKey({ topic, partition }));
      const wanted = places
        .filter((place) => place.partition === partition)
        .map(({ offset }) => offset)
        .filter((offset) => range !== undefined && offset >= range.start && offset < range.end);
      try {
        if (range === undefined) throw new Error(`no leader answers for ${topic}-${partition}`);
        for (const record of await readAt(link, { topic, partition }, wanted)) records.set(placeKey(record), record);
      } catch (error) {
        unread.set(partition, error);
      }
    }
    return { records, unread };
  } finally {
    await link.close();
  }
}

async function readAt(link: ClusterLink, place: TopicPartition, wanted: readonly number[]): Promise<KafkaRecord[]> {
  const left = new Set(wanted);
  const found: KafkaRecord[] = [];
  while (left.size > 0) {
    const next = Math.min(...left);
    const leader = partitionLeaders(link, [place]).get(place);
    if (leader === undefined) throw new Error(`no leader is known of ${partitionKey(place)}`);
    const [answer] = await askNode(link.cluster, leader, waitMsMax + answerMsMax, (broker) =>
      fetchFrom(broker, {
        ...{ maxWaitMs: waitMsMax, minBytes: 1, partitionBytesMax, answerBytesMax: partitionBytesMax },
        partitions: [{ ...place, next }],
      }),
    );
    if (answer === undefined) throw new Error(`${partitionKey(place)} was not answered`);
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode);
    const batch = fetchedBatch(place.topic, next, answer);
    for (const record of batch.records) if (left.delete(record.offset)) found.push(copyOf(record));
    // What was asked for and did not come is not there any more.
    for (const offset of [...left]) if (offset < Math.max(batch.nextOffset, next + 1)) left.delete(offset);
  }
  return found;
}

/** The bytes are slices of the whole answer and would keep all of it in memory. */
function copyOf(record: KafkaRecord): KafkaRecord {
  const copy = (bytes: Buffer | null) => (bytes === null ? null : Buffer.from(bytes));
  const headers = Object.entries(record.headers).map(([name, value]) => [name, Buffer.from(value)] as const);
  return { ...record, key: copy(record.key), value: copy(record.value), headers: Object.fromEntries(headers) };
}

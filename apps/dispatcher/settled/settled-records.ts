/**
 * Which records of the deliveries' topic are settled: all that follows from them is on Kafka, their outcome last. In: names, as
 * outcomes carry them in a header, and parked records that of the main record which they stand for. Out: whether a name is one of them.
 * Holds: a name is of one record. A topic that is made anew has another id, and what is written anew at an offset, after a broker
 * lost its end, another time.
 */
import type { AssignedLease, KafkaRecord } from '../../../libs/kafka/record.ts';

/** Name of the header of an outcome that holds the {@link recordName} of what it settles. */
export const settlesHeader = 'settles';
/** Name of the header of a parked record that holds the {@link recordName} of the main record that it stands for. */
export const mainRecordHeader = 'main-record';

type Log = Pick<AssignedLease, 'topicId' | 'partition'>;

/** Of 32 hexadecimal digits: enough to tell a topic from the one before it. */
const topicIdCharacters = 8;
const charactersMax = 64;

/** `<begin of the topic's id>:<partition>:<offset>:<timestamp>`; null where the cluster has no ids. */
export function recordName({ topicId, partition }: Log, offset: number, writtenAt: number): string | null {
  return topicId === null ? null : `${topicId.slice(0, topicIdCharacters)}:${partition}:${offset}:${writtenAt}`;
}

/** What an outcome of this record settles: the main record that it is, or stands for, as far as a parked one says so. */
export function nameOf({ offset, timestampMs, headers }: KafkaRecord, log: Log): string | null {
  return headers[mainRecordHeader]?.toString('latin1') ?? recordName(log, offset, timestampMs);
}

export class SettledRecords {
  private readonly names = new Set<string>();

  get size(): number {
    return this.names.size;
  }

  /** What is too long to be a {@link recordName} is ignored. */
  add(name: Buffer): void {
    if (name.length <= charactersMax) this.names.add(name.toString('latin1'));
  }

  has(name: string | null): boolean {
    return name !== null && this.names.has(name);
  }
}

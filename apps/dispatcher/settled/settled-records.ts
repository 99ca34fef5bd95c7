/**
 * Which records of the deliveries' topics are settled: all that follows from them is on Kafka, their outcome last. In: names, as
 * outcomes carry them in a header. Out: whether a record is one of them.
 * Holds: a name is of one record. A topic that is made anew has another id, and what is written anew at an offset, after a broker
 * lost its end, another time.
 */
import type { AssignedLease, KafkaRecord } from '../../../libs/kafka/record.ts';

/** Name of the header of an outcome that holds the {@link recordName} of what it settles. */
export const settlesHeader = 'settles';

type Log = Pick<AssignedLease, 'topicId' | 'partition'>;

interface Settled {
  /** Of the record and of its outcome, Unix milliseconds, as Kafka has them. */
  readonly writtenAt: number;
  readonly settledAt: number;
}

/** By offset, of one log. */
type SettledOffsets = ReadonlyMap<number, Settled>;

/** Of 32 hexadecimal digits: enough to tell a topic from the one before it. */
const topicIdCharacters = 8;
const namePattern = /^([^:]*:\d{1,10}):(\d{1,16}):(\d{1,16})$/;
const none: SettledOffsets = new Map();

/** `<begin of the topic's id>:<partition>:<offset>:<timestamp>`; null where the cluster has no ids. */
export function recordName({ topicId, partition }: Log, offset: number, writtenAt: number): string | null {
  return topicId === null ? null : `${logName(topicId, partition)}:${offset}:${writtenAt}`;
}

export class SettledRecords {
  private readonly logs = new Map<string, Map<number, Settled>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** What is no {@link recordName} is ignored. @param settledAt of the outcome that has it */
  add(name: string, settledAt: number): void {
    const [, log, offset, writtenAt] = namePattern.exec(name) ?? [];
    if (log === undefined) return;
    const offsets = this.logs.get(log) ?? new Map<number, Settled>();
    this.logs.set(log, offsets);
    offsets.set(Number(offset), { writtenAt: Number(writtenAt), settledAt });
    this.count += 1;
  }

  /** Of one partition number. */
  of(main: Log, parked: Log): SettledBefore {
    return new SettledBefore(this.offsetsOf(main), this.offsetsOf(parked));
  }

  private offsetsOf({ topicId, partition }: Log): SettledOffsets {
    return (topicId === null ? undefined : this.logs.get(logName(topicId, partition))) ?? none;
  }
}

/** Before a stay of a partition. */
export class SettledBefore {
  private readonly main: SettledOffsets;
  private readonly parked: SettledOffsets;

  constructor(main: SettledOffsets, parked: SettledOffsets) {
    this.main = main;
    this.parked = parked;
  }

  hasMain({ offset, timestampMs }: KafkaRecord): boolean {
    return this.main.get(offset)?.writtenAt === timestampMs;
  }

  /** The record itself, or the head of which it is a copy, once it was written. @param mainOffset of that head */
  hasParked({ offset, timestampMs }: KafkaRecord, mainOffset: number | null): boolean {
    if (this.parked.get(offset)?.writtenAt === timestampMs) return true;
    const head = mainOffset === null ? undefined : this.main.get(mainOffset);
    return head !== undefined && head.settledAt >= timestampMs;
  }
}

function logName(topicId: string, partition: number): string {
  return `${topicId.slice(0, topicIdCharacters)}:${partition}`;
}

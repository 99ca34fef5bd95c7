/**
 * In: records of a request. Out: that Kafka has them, in time. Holds: nothing is answered as accepted before Kafka
 * acknowledged it, no more waits in memory than is bounded here, and nothing that waits is forgotten: past the deadline
 * it is withdrawn, and what was under way already stays in doubt until Kafka has said what became of it.
 */
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import {
  PartitionMissingError,
  RecordRefusedError,
  TopicForbiddenError,
} from '../../../libs/kafka/producer/append-error.ts';
import type { AppendOptions, RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import { unwritableText } from '../../../libs/kafka/producer/unwritable.ts';
import { within } from '../../../libs/kafka/within.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { ProblemError } from '../http/problem-error.ts';

type WriteOptions = Required<Pick<AppendOptions, 'signal' | 'whenUnwritable'>>;

/** Where records wait for Kafka. */
export interface WritableSink extends Pick<RecordSink, 'waiting' | 'unwritable'> {
  /** The signal withdraws what was not sent yet: the append is rejected. What is under way is still answered. */
  append(records: readonly OutgoingRecord[], options: WriteOptions): Promise<void>;
}

export interface KafkaWriterOptions {
  readonly sink: WritableSink;
  readonly logger: Logger;
  /** Longest wait for the acknowledgement, in milliseconds. */
  readonly acknowledgeMs?: number;
  /** Records that may wait. */
  readonly waitingRecordsMax?: number;
  readonly waitingBytesMax?: number;
}

const retryAfterS = 5;

/** Past the deadline, and Kafka may still take it. */
export class WriteInDoubtError extends ProblemError {
  /** Resolves once Kafka has the records; rejects with a problem when they will not be taken any more. */
  readonly settled: Promise<void>;
  /** What the request is answered with once Kafka has them; undefined: it would have to be made again. */
  readonly answer: unknown;

  constructor(settled: Promise<void>, answer?: unknown, detail?: string) {
    super('kafka_unavailable', detail, { retryAfterS });
    this.settled = settled;
    this.answer = answer;
    // Whoever throws it away does not want to know.
    settled.catch(() => undefined);
  }
}

/** The answer, once `write` has written what it is about. In doubt, it goes with the doubt. */
export async function answeredWhenWritten<T>(answer: T, write: () => Promise<void>): Promise<T> {
  try {
    await write();
    return answer;
  } catch (error) {
    throw error instanceof WriteInDoubtError ? new WriteInDoubtError(error.settled, answer, error.message) : error;
  }
}

export class KafkaWriter {
  private readonly options: Required<KafkaWriterOptions>;

  constructor(options: KafkaWriterOptions) {
    this.options = { acknowledgeMs: 10_000, waitingRecordsMax: 20_000, waitingBytesMax: 64 * 1024 * 1024, ...options };
  }

  /**
   * `whenUnwritable`: whoever would write the same again by himself says `wait`; then it stays in doubt until it is taken.
   * @throws ProblemError overloaded, kafka_unavailable, payload_too_large; WriteInDoubtError
   */
  async write(
    records: readonly OutgoingRecord[],
    whenUnwritable: WriteOptions['whenUnwritable'] = 'refuse',
  ): Promise<void> {
    const { sink, acknowledgeMs, waitingRecordsMax, waitingBytesMax } = this.options;
    const { waiting } = sink;
    if (waiting.records >= waitingRecordsMax || waiting.bytes >= waitingBytesMax) {
      throw new ProblemError('overloaded', undefined, { retryAfterS });
    }
    const withdrawal = new AbortController();
    let whyNot: string | null = null;
    const settled = sink.append(records, { signal: withdrawal.signal, whenUnwritable }).catch((error: unknown) => {
      throw this.problemOf(error, whyNot);
    });
    if (await within(acknowledgeMs, settled)) return;
    whyNot = this.unwritableOf(records);
    withdrawal.abort();
    // A withdrawal is answered in the same turn.
    if (!(await within(0, settled))) throw new WriteInDoubtError(settled, undefined, whyNot ?? undefined);
  }

  /** Of topics that need an operator; null: it is Kafka as a whole, or nothing is known yet. */
  private unwritableOf(records: readonly OutgoingRecord[]): string | null {
    const one = this.options.sink.unwritable.find(({ topic }) => records.some((record) => record.topic === topic));
    return one === undefined ? null : unavailable(unwritableText(one));
  }

  private problemOf(error: unknown, whyNot: string | null): ProblemError {
    if (error instanceof ProblemError) return error;
    if (error instanceof RecordRefusedError) {
      return new ProblemError('payload_too_large', 'Kafka does not take a record of this size.', { cause: error });
    }
    this.options.logger.warn(errorFields(error), 'Kafka did not take a record');
    const isUnwritable = error instanceof TopicForbiddenError || error instanceof PartitionMissingError;
    const detail = isUnwritable ? unavailable(error.message) : (whyNot ?? undefined);
    return new ProblemError('kafka_unavailable', detail, { retryAfterS, cause: error });
  }
}

function unavailable(why: string): string {
  return `Kafka cannot take this now: ${why}.`;
}

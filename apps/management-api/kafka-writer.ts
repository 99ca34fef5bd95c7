/**
 * In: records of a request. Out: that Kafka has them, in time. Holds: nothing is answered as accepted before Kafka
 * acknowledged it, and no more waits in memory than is bounded here.
 */
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import { RecordRefusedError, type RecordSink } from '../../libs/kafka/record-sink.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { ProblemError } from './problem-error.ts';

export interface KafkaWriterOptions {
  readonly sink: Pick<RecordSink, 'append' | 'waiting'>;
  readonly logger: Logger;
  /** Longest wait for the acknowledgement, in milliseconds. */
  readonly acknowledgeMs?: number;
  /** Records that may wait. */
  readonly waitingRecordsMax?: number;
  readonly waitingBytesMax?: number;
}

const retryAfterS = 5;

export class KafkaWriter {
  private readonly options: Required<KafkaWriterOptions>;

  constructor(options: KafkaWriterOptions) {
    this.options = { acknowledgeMs: 10_000, waitingRecordsMax: 20_000, waitingBytesMax: 64 * 1024 * 1024, ...options };
  }

  /** @throws ProblemError overloaded, kafka_unavailable, payload_too_large */
  async write(records: readonly OutgoingRecord[]): Promise<void> {
    const { sink, waitingRecordsMax, waitingBytesMax } = this.options;
    const { waiting } = sink;
    if (waiting.records >= waitingRecordsMax || waiting.bytes >= waitingBytesMax) {
      throw new ProblemError('overloaded', undefined, { retryAfterS });
    }
    await this.inTime(sink.append(records));
  }

  private async inTime(acknowledged: Promise<void>): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new ProblemError('kafka_unavailable', undefined, { retryAfterS }));
    }, this.options.acknowledgeMs);
    try {
      await Promise.race([acknowledged, late]);
    } catch (error) {
      // Nobody waits for it any more, so nobody else would notice what becomes of it.
      acknowledged.catch(() => undefined);
      throw this.problemOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  private problemOf(error: unknown): ProblemError {
    if (error instanceof ProblemError) return error;
    if (error instanceof RecordRefusedError) {
      return new ProblemError('payload_too_large', 'Kafka does not take a record of this size.', { cause: error });
    }
    this.options.logger.warn(errorFields(error), 'Kafka did not take a record');
    return new ProblemError('kafka_unavailable', undefined, { retryAfterS, cause: error });
  }
}

/**
 * Reads what Kafka has kept for one stream that goes on after an id. In: a stream that is behind. Out: its outcomes, in turns that
 * are given to it, until it meets what is live. Holds: what lies too far back is left out; what was fetched waits for the
 * next turn and for the reader, and while much of it waits no more is fetched.
 */
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { withinReach, type StreamPosition } from '../../../libs/domain/delivery/stream-position.ts';
import { DecodeInOrder } from '../../../libs/kafka/fetch/decode-in-order.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import type { TopicTail } from '../../../libs/kafka/tail/topic-tail.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';
import type { CatchUp } from './catch-ups.ts';
import type { KeptOutcomes, OutcomeStream } from './outcome-stream.ts';

export type KeptReader = Pick<TopicTail, 'start' | 'stop' | 'hold' | 'goOn' | 'standing'>;

export interface KeptReadingOptions {
  readonly stream: OutcomeStream;
  readonly live: () => StreamPosition;
  readonly codec: AvroCodec<DeliveryOutcome>;
  readonly readFrom: (from: StreamPosition, onRecord: (record: KafkaRecord) => void) => KeptReader;
  readonly logger: Logger;
  /** It is stopped, for whatever reason. */
  readonly onStop: () => void;
  readonly reachRecords?: number;
}

/** Of all clients: the index by client is the history, where lists and exports find everything. */
const reachRecordsDefault = 100_000;
/** Records that may wait before fetching is held, and below which it goes on. */
const heldRecords = 2_000;
const goOnRecords = 500;

export class KeptReading implements CatchUp, KeptOutcomes {
  private readonly options: Required<KeptReadingOptions>;
  private readonly decoding: DecodeInOrder<DeliveryOutcome>;
  private reader: KeptReader | null = null;
  private fetched: KafkaRecord[] = [];
  /** Of these, so many are done. */
  private done = 0;
  private isPaused = false;
  private isStopped = false;
  /** What was there when it began has all been fetched. */
  private isRead = false;

  constructor(options: KeptReadingOptions) {
    this.options = { reachRecords: reachRecordsDefault, ...options };
    const { codec, stream, logger } = options;
    this.decoding = new DecodeInOrder(
      codec,
      ({ partition, offset }, outcome) => {
        stream.takeKept(partition, offset, outcome);
      },
      logger,
    );
  }

  begin(): void {
    const { stream, live, readFrom, reachRecords, logger } = this.options;
    const from = withinReach(stream.position, live(), reachRecords);
    if ([...from].some(([partition, next]) => next > (stream.position.get(partition) ?? 0))) stream.skipTo(from);
    if (this.isStopped) return;
    const reader = readFrom(from, (record) => {
      this.fetched.push(record);
      if (this.fetched.length - this.done >= heldRecords) reader.hold();
    });
    this.reader = reader;
    reader.start().then(
      () => {
        this.isRead = true;
      },
      (error: unknown) => {
        logger.warn(errorFields(error), 'kept outcomes cannot be read');
        stream.destroy();
      },
    );
  }

  work(isOver: () => boolean): void {
    while (!this.isPaused && !this.isStopped && this.done < this.fetched.length) {
      if (isOver()) return;
      const record = this.fetched[this.done];
      this.done += 1;
      if (record !== undefined) this.decoding.take(record);
    }
    this.tidy();
    if (this.isRead && this.fetched.length === 0 && !this.isPaused) this.passOver();
  }

  giveUp(): void {
    this.options.stream.skipTo(this.options.live());
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.fetched = [];
    this.done = 0;
    this.options.onStop();
    this.reader?.stop().catch((error: unknown) => {
      this.options.logger.warn(errorFields(error), 'a reader of kept outcomes did not stop cleanly');
    });
  }

  private tidy(): void {
    if (this.isStopped) return;
    this.fetched = this.fetched.slice(this.done);
    this.done = 0;
    if (this.fetched.length < goOnRecords) this.reader?.goOn();
  }

  /** What is kept no longer never comes: when the rest is read, it is passed over. */
  private passOver(): void {
    this.isRead = false;
    const standing = this.reader?.standing() ?? new Map<number, number>();
    void this.decoding.idle().then(() => {
      for (const [partition, next] of standing) this.options.stream.passOver(partition, next);
    });
  }
}

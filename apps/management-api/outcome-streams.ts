/**
 * All streams of outcomes of this process. Holds: they are bounded in number; a stream whose key is no longer good ends
 * within seconds; each shows now and then that it is alive; all end when the process stops.
 */
import type { DeliveryOutcome } from '../../libs/domain/outcome.ts';
import type { StreamPosition } from '../../libs/domain/stream-position.ts';
import { DecodeInOrder } from '../../libs/kafka/decode-in-order.ts';
import type { KafkaRecord } from '../../libs/kafka/record.ts';
import type { TopicTail } from '../../libs/kafka/topic-tail.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { GaugeMetric } from '../../libs/runtime/metrics.ts';
import type { AvroCodec } from '../../libs/wire/avro-codec.ts';
import type { OpenPlaces } from './open-places.ts';
import type { OutcomeFeed } from './outcome-feed.ts';
import { OutcomeStream, type OutcomeStreamOptions } from './outcome-stream.ts';
import { ProblemError } from './problem-error.ts';

export interface OutcomeStreamsOptions {
  readonly feed: OutcomeFeed;
  readonly tail: Pick<TopicTail, 'standing' | 'problem'>;
  readonly codec: AvroCodec<DeliveryOutcome>;
  /** Another reader of the same topic. */
  readonly readFrom: (from: StreamPosition, onRecord: (record: KafkaRecord) => void) => TopicTail;
  readonly places: OpenPlaces;
  /** Rejects when the header opens nothing any more. */
  readonly authorize: (authorization: string | undefined) => Promise<unknown>;
  readonly gauge: GaugeMetric;
  readonly logger: Logger;
  readonly beatMs?: number;
  readonly authorizeMs?: number;
}

export interface NewStream extends Pick<OutcomeStreamOptions, 'wants' | 'dataOf'> {
  readonly keyId: string;
  readonly authorization: string | undefined;
  /** Null: from now on. */
  readonly from: StreamPosition | null;
}

export class OutcomeStreams {
  private readonly options: Required<OutcomeStreamsOptions>;
  private readonly streams = new Map<OutcomeStream, string | undefined>();
  private readonly timers: NodeJS.Timeout[];
  private isClosed = false;

  constructor(options: OutcomeStreamsOptions) {
    this.options = { beatMs: 15_000, authorizeMs: 2_000, ...options };
    const { beatMs, authorizeMs } = this.options;
    this.timers = [
      setInterval(() => {
        this.beat();
      }, beatMs),
      setInterval(() => void this.reauthorize(), authorizeMs),
    ];
    // An app that was made and never closed must not stay for these.
    for (const timer of this.timers) timer.unref();
  }

  /** @throws ProblemError too_many_open, kafka_unavailable */
  open({ keyId, authorization, from, wants, dataOf }: NewStream): OutcomeStream {
    const { feed, tail, places } = this.options;
    const read = tail.standing();
    if (this.isClosed || read.size === 0) throw new ProblemError('kafka_unavailable', undefined, { retryAfterS: 2 });
    const giveBack = places.take(keyId);
    const live = () => feed.position(read);
    const begin = from === null ? live() : noLaterThan(from, live());
    const stream = new OutcomeStream({ wants, dataOf, from: begin, live });
    const leave = feed.follow(stream);
    this.streams.set(stream, authorization);
    this.options.gauge.set(this.streams.size);
    stream.once('close', () => {
      leave();
      giveBack();
      this.streams.delete(stream);
      this.options.gauge.set(this.streams.size);
    });
    // Whoever reads may leave at any time.
    stream.on('error', () => undefined);
    if (from !== null && stream.isBehind) this.readKept(stream, begin);
    return stream;
  }

  close(): void {
    this.isClosed = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const stream of this.streams.keys()) stream.end();
  }

  private readKept(stream: OutcomeStream, from: StreamPosition): void {
    const { codec, readFrom, logger } = this.options;
    const decoding = new DecodeInOrder(
      codec,
      ({ partition, offset }, outcome) => {
        stream.takeKept(partition, offset, outcome);
      },
      logger,
    );
    const reader = readFrom(from, (record) => {
      decoding.take(record);
    });
    stream.readKept({
      pause: () => {
        reader.hold();
      },
      resume: () => {
        reader.goOn();
      },
      stop: () => {
        reader.stop().catch((error: unknown) => {
          logger.warn(errorFields(error), 'a reader of kept outcomes did not stop cleanly');
        });
      },
    });
    // What is kept no longer never comes: when the rest is read, it is passed over.
    const passOver = async () => {
      await reader.start();
      await decoding.idle();
      for (const [partition, next] of reader.standing()) stream.catchUp(partition, next);
    };
    passOver().catch((error: unknown) => {
      logger.warn(errorFields(error), 'kept outcomes cannot be read');
      stream.destroy();
    });
  }

  private beat(): void {
    for (const stream of this.streams.keys()) stream.beat();
  }

  /** One question for each key, however many streams it has. */
  private async reauthorize(): Promise<void> {
    for (const authorization of new Set(this.streams.values())) {
      try {
        await this.options.authorize(authorization);
      } catch (error) {
        // That the database is away says nothing about the key.
        if (!(error instanceof ProblemError) || error.code !== 'unauthenticated') continue;
        for (const [stream, by] of this.streams) if (by === authorization) stream.end();
      }
    }
  }
}

/** An id of a topic that was since made anew names offsets that are still to come: up to them, nothing would be heard. */
function noLaterThan(from: StreamPosition, live: StreamPosition): StreamPosition {
  return new Map([...from].map(([partition, offset]) => [partition, Math.min(offset, live.get(partition) ?? offset)]));
}

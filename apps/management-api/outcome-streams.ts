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
import type { Reauthorization } from './reauthorization.ts';

export interface OutcomeStreamsOptions {
  readonly feed: OutcomeFeed;
  readonly tail: Pick<TopicTail, 'standing' | 'problem'>;
  readonly codec: AvroCodec<DeliveryOutcome>;
  /** Another reader of the same topic. */
  readonly readFrom: (from: StreamPosition, onRecord: (record: KafkaRecord) => void) => TopicTail;
  readonly places: OpenPlaces;
  readonly reauthorization: Pick<Reauthorization, 'watch'>;
  readonly gauge: GaugeMetric;
  readonly logger: Logger;
  readonly beatMs?: number;
}

export interface NewStream extends Pick<OutcomeStreamOptions, 'wants' | 'dataOf'> {
  readonly keyId: string;
  readonly authorization: string | undefined;
  /** Null: from now on. */
  readonly from: StreamPosition | null;
}

/** What a stream that ends may take to send what waits. */
const lastWordsMs = 2_000;

export class OutcomeStreams {
  private readonly options: Required<OutcomeStreamsOptions>;
  private readonly streams = new Set<OutcomeStream>();
  private readonly timer: NodeJS.Timeout;
  private isClosed = false;

  constructor(options: OutcomeStreamsOptions) {
    this.options = { beatMs: 15_000, ...options };
    this.timer = setInterval(() => {
      this.beat();
    }, this.options.beatMs);
    // An app that was made and never closed must not stay for this.
    this.timer.unref();
  }

  /** @throws ProblemError too_many_open, kafka_unavailable */
  open({ keyId, authorization, from, wants, dataOf }: NewStream): OutcomeStream {
    const { feed, tail, places, reauthorization } = this.options;
    const read = tail.standing();
    if (this.isClosed || read.size === 0) throw new ProblemError('kafka_unavailable', undefined, { retryAfterS: 2 });
    const giveBack = places.take(keyId);
    const live = () => feed.position(read);
    const begin = from === null ? live() : noLaterThan(from, live());
    const stream = new OutcomeStream({ wants, dataOf, from: begin, live });
    const leave = feed.follow(stream);
    const stopWatching = reauthorization.watch(authorization, () => {
      endSoon(stream);
    });
    this.streams.add(stream);
    this.options.gauge.set(this.streams.size);
    stream.once('close', () => {
      leave();
      stopWatching();
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
    clearInterval(this.timer);
    for (const stream of this.streams) stream.end();
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
    for (const stream of this.streams) stream.beat();
  }
}

/** Whoever does not read would never hear of an end that waits behind the rest. */
function endSoon(stream: OutcomeStream): void {
  stream.end();
  setTimeout(() => stream.destroy(), lastWordsMs).unref();
}

/** An id of a topic that was since made anew names offsets that are still to come: up to them, nothing would be heard. */
function noLaterThan(from: StreamPosition, live: StreamPosition): StreamPosition {
  return new Map([...from].map(([partition, offset]) => [partition, Math.min(offset, live.get(partition) ?? offset)]));
}

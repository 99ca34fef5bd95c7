/**
 * All streams of outcomes of this process. Holds: they are bounded in number; a stream whose key is no longer good ends
 * within seconds; each shows now and then that it is alive; all end when the process stops.
 */
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import type { StreamPosition } from '../../../libs/domain/delivery/stream-position.ts';
import type { KafkaRecord } from '../../../libs/kafka/record.ts';
import type { TopicTail } from '../../../libs/kafka/tail/topic-tail.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import type { GaugeMetric } from '../../../libs/runtime/metrics.ts';
import type { AvroCodec } from '../../../libs/wire/avro-codec.ts';
import type { CatchUps } from './catch-ups.ts';
import { KeptReading } from './kept-reading.ts';
import type { ConcurrencyQuota } from '../access/concurrency-quota.ts';
import type { OutcomeFeed } from './outcome-feed.ts';
import { OutcomeStream, type OutcomeStreamOptions } from './outcome-stream.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { Reauthorization } from '../access/reauthorization.ts';

export interface OutcomeStreamsOptions {
  readonly feed: OutcomeFeed;
  readonly tail: Pick<TopicTail, 'standing' | 'problem' | 'silentMs'>;
  readonly codec: AvroCodec<DeliveryOutcome>;
  /** Another reader of the same topic. */
  readonly readFrom: (from: StreamPosition, onRecord: (record: KafkaRecord) => void) => TopicTail;
  readonly catchUps: CatchUps;
  readonly places: ConcurrencyQuota;
  readonly reauthorization: Pick<Reauthorization, 'watch'>;
  readonly gauge: GaugeMetric;
  readonly logger: Logger;
  readonly beatMs?: number;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface NewStream extends Pick<OutcomeStreamOptions, 'wants' | 'dataOf'> {
  readonly owner: string;
  readonly authorization: string | undefined;
  /** Null: from now on. */
  readonly from: StreamPosition | null;
  /** Until when the id says that all was passed on; Unix milliseconds. */
  readonly toldUntil: number | null;
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
  open({ owner, authorization, from, toldUntil, wants, dataOf }: NewStream): OutcomeStream {
    const { feed, tail, places, reauthorization, now } = this.options;
    const read = tail.standing();
    if (this.isClosed || read.size === 0) throw new ProblemError('kafka_unavailable', undefined, { retryAfterS: 2 });
    const giveBack = places.take(owner);
    const live = () => feed.position(read);
    const begin = from === null ? live() : noLaterThan(from, live());
    const stream = new OutcomeStream({
      wants,
      dataOf,
      from: begin,
      live,
      toldUntil,
      now,
      silentMs: () => tail.silentMs,
    });
    if (from !== null && isAheadOf(from, begin)) stream.tellGap();
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
    if (from !== null && stream.isBehind) this.readKept(owner, stream, live);
    return stream;
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.timer);
    for (const stream of this.streams) stream.end();
  }

  private readKept(owner: string, stream: OutcomeStream, live: () => StreamPosition): void {
    const { codec, readFrom, logger, catchUps } = this.options;
    let leave: () => void = () => undefined;
    const reading = new KeptReading({
      stream,
      live,
      codec,
      readFrom,
      logger,
      onStop: () => {
        leave();
      },
    });
    leave = catchUps.enter(owner, reading);
    stream.readKept(reading);
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

function isAheadOf(from: StreamPosition, begin: StreamPosition): boolean {
  return [...from].some(([partition, offset]) => offset > (begin.get(partition) ?? offset));
}

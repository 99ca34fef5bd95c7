/**
 * May an attempt begin in this process? Whether it may in its partition is for the partition to say. In: what waits for
 * Kafka's acknowledgement, and what the consumer says of its heartbeats and commits. Out: yes or no, before each attempt.
 * Holds: while the answer is no, nothing is begun that this process could not account for. A process that was frozen
 * finds its last heartbeat too old, and begins nothing before the coordinator has answered.
 */
import type { RecordSink } from '../../libs/kafka/producer/record-sink.ts';

export interface AccountableOptions {
  readonly sink: Pick<RecordSink, 'waiting' | 'silentMs'>;
  /** How long Kafka may acknowledge nothing while something waits for that, in milliseconds. */
  readonly waitMsMax: number;
}

/** What is done is kept until it is acknowledged: memory stays bounded when Kafka is away. */
const unacknowledgedBytesMax = 32 * 1024 * 1024;
const unacknowledgedRecordsMax = 20_000;

export class Accountable {
  private readonly options: AccountableOptions;
  private mayConsume: () => boolean = () => true;

  constructor(options: AccountableOptions) {
    this.options = options;
  }

  /** The consumer comes later than what it feeds. @param mayStart see KafkaBatchServer.mayStart */
  follow(mayStart: () => boolean): void {
    this.mayConsume = mayStart;
  }

  mayStart(): boolean {
    const { sink, waitMsMax } = this.options;
    const { records, bytes } = sink.waiting;
    if (records >= unacknowledgedRecordsMax || bytes >= unacknowledgedBytesMax) return false;
    return sink.silentMs <= waitMsMax && this.mayConsume();
  }
}

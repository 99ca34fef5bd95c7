/**
 * In: records from everywhere in the process. Out: acknowledged by all in-sync replicas.
 * Holds: order of appends per partition; what is acknowledged is in the log, once; while Kafka or one partition is away,
 * what is meant for it waits, and goes out once it is back.
 */
import type { Logger } from '../../runtime/logger.ts';
import { AppendWithdrawnError, RecordRefusedError, SinkClosedError } from './append-error.ts';
import type { Compression } from '../batch/compression.ts';
import type { KafkaClient } from '../cluster/kafka-client.ts';
import { bytesOf, PendingAppends, type OnSettled, type PendingAppend } from './pending-append.ts';
import { processClock, type ProducerClock } from './producer-clock.ts';
import { Producer } from './producer.ts';
import type { ProducerLink } from './producer-link.ts';
import type { OutgoingRecord } from '../record.ts';
import { failingMsToTell, unwritableProblem, type Unwritable } from './unwritable.ts';
import { within } from '../within.ts';

export interface RecordSinkOptions {
  /**
   * Largest record: key, value and headers with what surrounds them. Default 1,048,000: what fits into a batch of
   * 1,048,588 bytes, Kafka's default message.max.bytes.
   */
  readonly recordBytesMax?: number;
  /** How long close() goes on trying to send what waits, in milliseconds. Default 5,000. */
  readonly closeDeadlineMs?: number;
  /** From the beginning of one request to that of the next, in milliseconds, unless a whole batch waits. Default 2. */
  readonly paceMs?: number;
  /** Of what is written. Default: none */
  readonly compression?: Compression | undefined;
  readonly clock?: ProducerClock;
  /**
   * What becomes of an append whose topic this client may not write to, or whose partition is missing, unless it says
   * so itself. `wait`: it waits until that is put right, as it does for a leader, and readiness says so. `refuse`: it
   * rejects after 30 s without permission, 15 s without its partition. Default `refuse`.
   */
  readonly whenUnwritable?: 'wait' | 'refuse';
}

export interface AppendOptions {
  /** Withdraws the append, as long as nothing of it was sent; with `onSettled`, each record that was not sent. */
  readonly signal?: AbortSignal;
  /**
   * Told how each record ended, once each; null: acknowledged. With it the append does not reject because of a record, and the
   * others of it are sent all the same. It resolves once every record has ended.
   */
  readonly onSettled?: OnSettled;
  /** See {@link RecordSinkOptions.whenUnwritable}, which is the default. */
  readonly whenUnwritable?: 'wait' | 'refuse';
}

const defaultRecordBytesMax = 1_048_000;
const defaultCloseDeadlineMs = 5_000;
const defaultPaceMs = 2;

export class RecordSink {
  private readonly link: ProducerLink;
  private readonly producer: Producer;
  private readonly logger: Logger;
  private readonly clock: ProducerClock;
  private readonly pending: PendingAppends;
  private readonly recordBytesMax: number;
  private readonly closeDeadlineMs: number;
  private readonly whenUnwritable: 'wait' | 'refuse';
  private isClosed = false;

  constructor(client: Pick<KafkaClient, 'producerLink'>, logger: Logger, options: RecordSinkOptions = {}) {
    this.logger = logger;
    this.clock = options.clock ?? processClock;
    this.link = client.producerLink();
    this.pending = new PendingAppends(this.clock.now);
    const { link, pending, clock } = this;
    this.whenUnwritable = options.whenUnwritable ?? 'refuse';
    const { compression, paceMs = defaultPaceMs } = options;
    this.producer = new Producer({ link, pending, logger, clock, paceMs, compression });
    this.recordBytesMax = options.recordBytesMax ?? defaultRecordBytesMax;
    this.closeDeadlineMs = options.closeDeadlineMs ?? defaultCloseDeadlineMs;
  }

  /** Resolves when connected; waits while Kafka is away. Appends need not wait for it. */
  connect(): Promise<void> {
    return this.producer.identity.find();
  }

  /**
   * Resolves when acknowledged by all in-sync replicas; while Kafka is away it waits. Order of appends is kept per
   * partition. Once `signal` is aborted, the append either rejects with AppendWithdrawnError, and nothing of it is or
   * will be in Kafka; or some of it was sent already, and it goes on as if there were no signal. One that is told of each record
   * is told AppendWithdrawnError of those that were not sent.
   * @throws RecordRefusedError, SinkClosedError, AppendWithdrawnError; unless it waits when topics cannot be written to,
   * TopicForbiddenError and PartitionMissingError. Some records of that append may have been taken.
   */
  append(records: readonly OutgoingRecord[], options: AppendOptions = {}): Promise<void> {
    const { signal, onSettled, whenUnwritable = this.whenUnwritable } = options;
    if (this.isClosed) return Promise.reject(new SinkClosedError('the producer was closed'));
    if (signal?.aborted === true) return Promise.reject(new AppendWithdrawnError('withdrawn before it was appended'));
    if (records.length === 0) return Promise.resolve();
    const sizes = records.map(bytesOf);
    let bytes = 0;
    let accepted = 0;
    for (let index = 0; index < sizes.length; index += 1) {
      const size = sizes[index] as number;
      if (size <= this.recordBytesMax) {
        bytes += size;
        accepted += 1;
        continue;
      }
      const refusal = new RecordRefusedError(`a record of ${size} bytes is over ${this.recordBytesMax}`);
      if (onSettled === undefined) return Promise.reject(refusal);
      onSettled(index, refusal);
    }
    if (accepted === 0) return Promise.resolve();
    if (!this.producer.identity.isConnected) void this.connect();
    return new Promise((resolve, reject) => {
      const isPatient = whenUnwritable === 'wait';
      const append = this.pending.begin(accepted, bytes, { resolve, reject, onSettled: onSettled ?? null, isPatient });
      for (let index = 0; index < records.length; index += 1) {
        const size = sizes[index] as number;
        if (size > this.recordBytesMax) continue;
        const { topic, key, value, headers, partition = null } = records[index] as OutgoingRecord;
        this.producer.add({ topic, key, value, headers, partition, bytes: size, append, index });
      }
      if (signal !== undefined) this.withdrawOn(signal, append);
    });
  }

  /** Not acknowledged yet: what whoever produces faster than Kafka takes should look at. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    return this.pending.waiting;
  }

  /**
   * How long the oldest append that is neither acknowledged nor refused has waited, in milliseconds of monotonic time;
   * 0 when there is none.
   */
  get oldestUnacknowledgedMs(): number {
    return this.pending.oldestMs;
  }

  /**
   * How long no broker has answered anything while something waited for Kafka, in milliseconds of monotonic time; 0 when
   * nothing waits. A partition that cannot be written to does not count, be it the only one for which something waits: else it
   * would stop all that could go to others.
   */
  get silentMs(): number {
    const { oldestAt } = this.pending;
    return oldestAt === null ? 0 : this.clock.now() - Math.max(oldestAt, this.producer.heardAt);
  }

  /** Topics for which something waits that needs an operator; the longest first. */
  get unwritable(): readonly Unwritable[] {
    return this.isClosed ? [] : this.producer.unwritable();
  }

  /**
   * Null when connected and sending works, else what is wrong. A partition that fails while others are acknowledged is
   * no problem of the whole process: it is logged, and its records are among those waiting. Where they wait for an
   * operator, it is one.
   */
  problem(): string | null {
    if (this.isClosed) return 'closed';
    const { isConnected, failure } = this.producer.identity;
    if (!isConnected) return `not connected${failure === null ? '' : `: ${failure}`}`;
    const unwritable = this.unwritable.find(({ isWaitedFor }) => isWaitedFor);
    if (unwritable !== undefined) return unwritableProblem(unwritable);
    const failing = this.producer.failing();
    if (failing === null || this.clock.now() - failing.since < failingMsToTell) return null;
    return `cannot send to ${failing.reason}`;
  }

  /** Sends what waits, then disconnects. What Kafka does not take in time is rejected. */
  async close(): Promise<void> {
    this.isClosed = true;
    const isSent = await within(this.closeDeadlineMs, this.pending.whenEmpty());
    if (!isSent) this.logger.error({ ...this.waiting }, 'Kafka did not take what waited in time');
    this.producer.stop(new SinkClosedError('closed before Kafka took it'));
    await this.link.close();
  }

  private withdrawOn(signal: AbortSignal, append: PendingAppend): void {
    const { resolve, reject } = append;
    const withdraw = () => {
      const error = new AppendWithdrawnError('withdrawn before it was sent');
      if (this.pending.withdraw(append, error)) this.producer.drop(append, error);
    };
    signal.addEventListener('abort', withdraw, { once: true });
    // A signal may outlive many appends.
    append.resolve = () => {
      signal.removeEventListener('abort', withdraw);
      resolve();
    };
    append.reject = (error) => {
      signal.removeEventListener('abort', withdraw);
      reject(error);
    };
  }
}

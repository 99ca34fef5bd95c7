/**
 * In: records from everywhere in the process. Out: acknowledged by all in-sync replicas.
 * Holds: order of appends per partition; one send under way at a time; while Kafka is away everything waits, and goes
 * out once it is back.
 *
 * Whatever waits goes out in one request, so the load makes the batches: a single record leaves at once, and what comes
 * within `paceMs` after it leaves together. A request costs the broker the same whether it brings one record or fifty.
 */
import type { Logger } from '../runtime/logger.ts';
import { monotonicMs } from '../runtime/monotonic.ts';
import type { KafkaClient } from './kafka-client.ts';
import { bytesOf, OutgoingQueue, type QueuedRecord } from './outgoing-queue.ts';
import { Pause } from './pause.ts';
import { ProducerSession, type SendResult } from './producer-session.ts';
import type { OutgoingRecord } from './record.ts';
import { within } from './within.ts';
import { TroubleLog } from './trouble-log.ts';

/** Kafka will never take this record: it is too large, or there is no such partition. */
export class RecordRefusedError extends Error {
  readonly code = 'record_refused';
  readonly retryable = false;
}

/** The sink was closed before the record was acknowledged. */
export class SinkClosedError extends Error {
  readonly code = 'sink_closed';
  readonly retryable = true;
}

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
}

const defaultRecordBytesMax = 1_048_000;
const defaultCloseDeadlineMs = 5_000;
const defaultPaceMs = 2;
/** Should all of it go to one partition, it is still a batch that Kafka takes. */
const batchBytesMax = 900 * 1_024;
/** kafkajs groups the records of a partition in quadratic time. */
const batchRecordsMax = 2_000;
/** kafkajs passes a record over when it knows no leader of its partition. One that has none after so many tries is none. */
const ignoredMax = 6;
const backOffMsMin = 50;
const backOffMsMax = 2_000;
/** Brokers change places in a second or two: readiness speaks of it when it lasts. */
const failingMsToTell = 3_000;

export class RecordSink {
  private readonly session: ProducerSession;
  private readonly logger: Logger;
  private readonly trouble: TroubleLog;
  private readonly queue = new OutgoingQueue();
  private readonly pause = new Pause();
  private readonly recordBytesMax: number;
  private readonly closeDeadlineMs: number;
  private readonly paceMs: number;
  private sending: Promise<void> | null = null;
  private failing: { message: string } | null = null;
  /** Not before, but for a full batch. */
  private nextAt = 0;
  /** When what is being sent was first tried. */
  private triedAt = Infinity;
  private isClosed = false;
  private hasGivenUp = false;

  constructor(client: KafkaClient, logger: Logger, options: RecordSinkOptions = {}) {
    this.session = new ProducerSession(client, logger);
    this.logger = logger;
    this.trouble = new TroubleLog(logger);
    this.recordBytesMax = options.recordBytesMax ?? defaultRecordBytesMax;
    this.closeDeadlineMs = options.closeDeadlineMs ?? defaultCloseDeadlineMs;
    this.paceMs = options.paceMs ?? defaultPaceMs;
  }

  /** Resolves when connected; waits while Kafka is away. Appends need not wait for it. */
  async connect(): Promise<void> {
    await this.retry(async () => {
      await this.session.connect();
      return true;
    });
  }

  /**
   * Resolves when acknowledged by all in-sync replicas; while Kafka is away it waits. Order of appends is kept per
   * partition. @throws RecordRefusedError (of the records of that append some may have been taken), SinkClosedError
   */
  append(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.isClosed) return Promise.reject(new SinkClosedError('the producer was closed'));
    const sizes = records.map(bytesOf);
    const largest = Math.max(0, ...sizes);
    if (largest > this.recordBytesMax) {
      const reason = `a record of ${largest} bytes is over ${this.recordBytesMax}`;
      return Promise.reject(new RecordRefusedError(reason));
    }
    const acknowledged = this.queue.append(records, sizes);
    // In a microtask: what is appended in the same turn goes out together.
    this.sending ??= Promise.resolve().then(() => this.sendAll());
    return acknowledged;
  }

  /** Not acknowledged yet: what whoever produces faster than Kafka takes should look at. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    return this.queue.waiting;
  }

  /**
   * How long the oldest append that is neither acknowledged nor refused has waited, in milliseconds of monotonic time;
   * 0 when there is none.
   */
  get oldestUnacknowledgedMs(): number {
    return this.queue.oldestMs;
  }

  /** Null when connected and sending works, else what is wrong. */
  problem(): string | null {
    if (this.isClosed) return 'closed';
    if (!this.session.isConnected) return `not connected${this.failing === null ? '' : `: ${this.failing.message}`}`;
    if (monotonicMs() - this.triedAt < failingMsToTell) return null;
    return `cannot send: ${this.failing?.message ?? 'no answer'}`;
  }

  /** Sends what waits, then disconnects. What Kafka does not take in time is rejected. */
  async close(): Promise<void> {
    this.isClosed = true;
    const isSent = await within(this.closeDeadlineMs, this.sending ?? Promise.resolve());
    if (!isSent) this.logger.error({ ...this.waiting }, 'Kafka did not take what waited in time');
    this.hasGivenUp = true;
    this.pause.end();
    this.queue.refuseAll(new SinkClosedError('closed before Kafka took it'));
    await this.session.close();
    await this.sending;
  }

  private async sendAll(): Promise<void> {
    while (!this.queue.isEmpty) {
      const restMs = this.nextAt - monotonicMs();
      if (restMs > 0 && this.waiting.bytes < batchBytesMax) await this.pause.for(restMs);
      this.nextAt = monotonicMs() + this.paceMs;
      const batch = this.queue.take({ bytesMax: batchBytesMax, recordsMax: batchRecordsMax });
      await this.send(batch);
    }
    this.sending = null;
  }

  /** Ends when every record is acknowledged or refused. */
  private async send(batch: readonly QueuedRecord[]): Promise<void> {
    let rest = batch;
    let ignored = 0;
    const isDone = await this.retry(async () => {
      const result = await this.session.send(rest);
      this.queue.acknowledge(result.taken);
      if (result.refused !== null) rest = await this.sendParts(rest, result);
      else if (result.taken.length > 0) rest = result.rest;
      else ignored += 1;
      if (ignored < ignoredMax) return rest.length === 0;
      for (const record of rest) this.queue.refuse(record, new RecordRefusedError('there is no such partition'));
      return true;
    });
    if (isDone) return;
    for (const record of rest) this.queue.refuse(record, new SinkClosedError('closed before Kafka took it'));
  }

  /** Something in it is too large for this topic: halves find out what. */
  private async sendParts(records: readonly QueuedRecord[], { refused }: SendResult): Promise<[]> {
    const [only] = records;
    if (only !== undefined && records.length === 1) {
      this.queue.refuse(only, new RecordRefusedError(`Kafka refused the record: ${refused ?? ''}`));
      return [];
    }
    const middle = Math.ceil(records.length / 2);
    await this.send(records.slice(0, middle));
    await this.send(records.slice(middle));
    return [];
  }

  /** Tries until `work` says that it is done; false when the sink was closed before. */
  private async retry(work: () => Promise<boolean>): Promise<boolean> {
    let backOffMs = backOffMsMin;
    this.triedAt = monotonicMs();
    while (!this.hasGivenUp) {
      try {
        if (await work()) {
          this.failing = null;
          this.triedAt = Infinity;
          return true;
        }
      } catch (error) {
        this.noteFailure(error, backOffMs);
      }
      await this.pause.for(backOffMs);
      backOffMs = Math.min(backOffMs * 2, backOffMsMax);
    }
    return false;
  }

  private noteFailure(error: unknown, backOffMs: number): void {
    if (this.hasGivenUp) return;
    const message = error instanceof Error ? error.message : String(error);
    this.failing = { message };
    const { records, bytes } = this.waiting;
    this.trouble.say(error, 'cannot send to Kafka, trying again', { records, bytes, backOffMs });
  }
}

/**
 * In: how a try to send the batch of one partition ended. Out: the batch acknowledged, refused, split, or tried again
 * later, under the same numbers or those of the next epoch.
 * Holds: a batch that may be in the log is never sent under other numbers before the leader has said several times, over
 * more than a second, that it has no such batch: a broker that was frozen speaks from an old log until it learns that
 * it leads no more.
 */
import { PartitionMissingError, RecordRefusedError, TopicForbiddenError } from './append-error.ts';
import type { PartitionQueue, ProduceBatch } from '../consumer/partition-queue.ts';
import { errorNameOf, isRefusal, verdictOf } from './produce-verdict.ts';
import { missingMsMax } from './unwritable.ts';

export const backOffMsMin = 50;
export const backOffMsMax = 2_000;
/** With the back-off between them 1.5 s. */
const disordersMax = 6;
/** Permissions that were just given, or a partition just made, are not known to every broker at once. */
export const forbiddenMsMax = 30_000;
const missingAnswersMin = 10;

/** What the producer has to do before the next try. */
export type Need = 'nothing' | 'leaders' | 'producer id';

export class PartitionSending {
  readonly queue: PartitionQueue;
  /** The request that carries its batch; null: none does, or another one shall. */
  flight: object | null = null;
  /** The broker that got its batch last. */
  nodeId: number | null = null;
  /** Not before, in monotonic milliseconds. */
  retryAt = -Infinity;
  /** First try of the batch that has not succeeded yet. */
  failingSince: number | null = null;
  failure = '';
  /** Since when brokers have said nothing else than that this client may not write to it. */
  forbiddenSince: number | null = null;
  private backOffMs = backOffMsMin;
  private disorders = 0;
  private missingFrom: { readonly since: number; readonly answers: number } | null = null;
  private isMissing = false;

  constructor(queue: PartitionQueue) {
    this.queue = queue;
  }

  /** Since when, if brokers have said it often enough to believe it; else null. */
  get missingSince(): number | null {
    return this.isMissing ? (this.missingFrom?.since ?? null) : null;
  }

  /** A request with its batch leaves. */
  begin(flight: object, nodeId: number, now: number): void {
    this.flight = flight;
    this.nodeId = nodeId;
    this.failingSince ??= now;
  }

  /** The broker answered for this partition. */
  answered(batch: ProduceBatch, errorCode: number, now: number): Need {
    const verdict = verdictOf(errorCode);
    if (!isRefusal(verdict) && verdict !== 'acknowledged') batch.isInDoubt = true;
    if (verdict !== 'forbidden') this.forbiddenSince = null;
    switch (verdict) {
      case 'acknowledged':
        this.succeeded();
        this.queue.acknowledge(batch);
        return 'nothing';
      case 'too-large':
      case 'invalid':
        this.succeeded();
        if (batch.records.length > 1) this.queue.split(batch, verdict === 'too-large');
        else this.queue.refuse(batch, new RecordRefusedError(`Kafka refused the record: ${errorNameOf(errorCode)}`));
        return 'nothing';
      case 'forbidden':
        this.retry(`not allowed to write (${errorNameOf(errorCode)})`, now);
        this.forbiddenSince ??= now;
        if (now - this.forbiddenSince < forbiddenMsMax) return 'nothing';
        this.queue.refuseImpatient(new TopicForbiddenError(`not allowed to write to ${this.queue.topic}`));
        return 'nothing';
      case 'wrong-time':
        batch.timestampMs = null;
        this.retry(errorNameOf(errorCode), now);
        return 'nothing';
      case 'out-of-order':
        return this.outOfOrder(batch, errorCode, now, false);
      case 'unknown-producer':
        return this.outOfOrder(batch, errorCode, now, true);
      case 'elsewhere':
        this.retry(errorNameOf(errorCode), now);
        return 'leaders';
      case 'again':
        this.retry(errorNameOf(errorCode), now);
        return 'nothing';
    }
  }

  /** No answer came. `isSent`: the broker may have got the request all the same. */
  failed(batch: ProduceBatch, isSent: boolean, failure: string, now: number): void {
    if (isSent) batch.isInDoubt = true;
    else this.queue.dissolve(batch);
    this.retry(failure, now);
  }

  /** The leader is another one now than that which has the request: it gets its own. */
  abandon(batch: ProduceBatch): void {
    batch.isInDoubt = true;
    this.flight = null;
    this.retryAt = -Infinity;
  }

  /** As far as the brokers say there is no such partition. `answers`: so many have told of the topic until now. */
  missing(now: number, answers: number): void {
    this.missingFrom ??= { since: now, answers };
    this.failingSince ??= now;
    this.failure = 'there is no such partition';
    this.retryAt = now + backOffMsMin;
    const { since, answers: before } = this.missingFrom;
    this.isMissing = now - since >= missingMsMax && answers - before >= missingAnswersMin;
    if (!this.isMissing) return;
    this.queue.refuseImpatient(
      new PartitionMissingError(`${this.queue.topic} has no partition ${this.queue.partition}`),
    );
  }

  /** The brokers say that there is such a partition. */
  found(): void {
    this.missingFrom = null;
    this.isMissing = false;
  }

  leaderless(now: number): void {
    this.failingSince ??= now;
    this.failure = 'the partition has no leader';
  }

  /** Tried again at once when another broker leads the partition than that which failed. */
  ledBy(leader: number): void {
    if (this.flight !== null || this.nodeId === null || leader < 0 || leader === this.nodeId) return;
    this.nodeId = null;
    this.retryAt = -Infinity;
    this.backOffMs = backOffMsMin;
  }

  private outOfOrder(batch: ProduceBatch, errorCode: number, now: number, isProducerUnknown: boolean): Need {
    this.disorders += 1;
    if (batch.isInDoubt && this.disorders < disordersMax) {
      this.retry(errorNameOf(errorCode), now);
      return 'leaders';
    }
    this.disorders = 0;
    this.failure = errorNameOf(errorCode);
    if (isProducerUnknown) this.queue.producerId = null;
    else this.queue.nextEpoch();
    return isProducerUnknown ? 'producer id' : 'nothing';
  }

  private succeeded(): void {
    this.failingSince = null;
    this.disorders = 0;
    this.backOffMs = backOffMsMin;
  }

  private retry(failure: string, now: number): void {
    this.failure = failure;
    this.retryAt = now + this.backOffMs;
    this.backOffMs = Math.min(this.backOffMs * 2, backOffMsMax);
  }
}

/**
 * In: a replay and how far it is. Out: its next deliveries on Kafka, acknowledged, and how far that is. Holds: nothing
 * is counted as sent before Kafka has it; what cannot be sent is passed over and counted; a batch that waits for Kafka is
 * waited for, however long, and not made a second time beside it, whichever replay is asked for meanwhile.
 */
import { timeOfId } from '../../../libs/domain/ids.ts';
import {
  deliveryTo,
  missedDelivery,
  type MissedDelivery,
  type PastDeliveryRow,
  replayBatchSize,
  replayedDelivery,
  replayPauseMs,
  type ReplayTarget,
} from '../../../libs/domain/delivery/replay.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import type { EventView } from '../../../libs/postgres/history/event-view.ts';
import type { Run } from '../../../libs/postgres/bulk.ts';
import { deliveriesAfter, missedEventsAfter } from '../../../libs/postgres/replays/replay-candidates.ts';
import { eventsOf } from '../../../libs/postgres/replays/replay-events.ts';
import { positionText, type ReplayJob, type ReplayStep } from '../../../libs/postgres/replays/replay-job.ts';
import type { RewindPosition } from '../../../libs/domain/delivery/rewind.ts';
import type { WebhookView } from '../../../libs/postgres/webhooks/webhook-view.ts';
import { within } from '../../../libs/kafka/within.ts';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import { topics } from '../../../libs/wire/topics.ts';
import type { ApiCodecs, TopicNames } from '../api-codecs.ts';
import { WriteInDoubtError, type KafkaWriter } from '../outbox/kafka-writer.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { RewindSteps } from './rewind-steps.ts';

export interface ReplayBatchesOptions {
  readonly writer: KafkaWriter;
  readonly codecs: ApiCodecs;
  readonly topicNames: TopicNames;
  readonly events: Pick<EventView, 'keptMany'>;
  readonly webhooks: Pick<WebhookView, 'targets'>;
  /** Default: there are none. */
  readonly rewinds?: Pick<RewindSteps, 'next'> | null;
  /** Longest wait at a time for a batch that is in doubt, in milliseconds. */
  readonly waitMs?: number;
}

/** Records that go together: a delivery, and its event where the history has to learn of it. Null: passed over. */
type Made = readonly OutgoingRecord[] | null;

/** Of a batch; the delivery that goes over it is the last one. */
const batchBytesMax = 4 * 1_048_576;

/** Between stretches of the history that have nothing for the replay, in milliseconds: others get their turn. */
const nothingPauseMs = 10;

/** What became of batches that nobody asked for again, because their replays were cancelled, or went on elsewhere. */
const unaskedMax = 100;

export class ReplayBatches {
  private readonly options: Required<ReplayBatchesOptions>;
  /**
   * Batches that Kafka took late or may still take, and how far each one comes. One at most is not settled: while that
   * lasts no other batch is begun.
   */
  private readonly doubts = new Map<string, Promise<ReplayStep>>();

  constructor(options: ReplayBatchesOptions) {
    this.options = { waitMs: 10_000, rewinds: null, ...options };
  }

  /** @throws ProblemError kafka_unavailable, overloaded: the same batch may be tried again */
  async next(job: ReplayJob, run: Run, now: number): Promise<ReplayStep> {
    return (await this.settle(batchOf(job))) ?? (await this.make(job, run, now));
  }

  /** Whether Kafka took the batch that follows, or may still take it, and the replay has not learned of it yet. */
  isInDoubt(job: Pick<ReplayJob, 'id' | 'position' | 'rewind'>): boolean {
    return this.doubts.has(batchOf(job));
  }

  /** What this batch came to when it was in doubt; null: it was not. */
  private async settle(batch: string): Promise<ReplayStep | null> {
    const { doubts } = this;
    if (doubts.size === 0) return null;
    if (!(await within(this.options.waitMs, Promise.allSettled(doubts.values())))) {
      throw new ProblemError('kafka_unavailable', 'Kafka has not taken the last batch yet.');
    }
    const step = doubts.get(batch) ?? null;
    doubts.delete(batch);
    return step;
  }

  private async make(job: ReplayJob, run: Run, now: number): Promise<ReplayStep> {
    const { rewind = null } = job;
    if (rewind !== null) return this.rewound(job, rewind, run, now);
    const { phase } = job.position;
    const { made, upTo } = phase === 'deliveries' ? await this.past(job, run, now) : await this.missed(job, run, now);
    const records = made.filter((one) => one !== null);
    const hasEvents = phase === 'deliveries' && job.range.filter.missedWhileDisabled === true;
    return this.sent(job, records, (sent) => ({
      position: upTo === null && hasEvents ? { phase: 'events', after: null } : { phase, after: upTo },
      sent,
      skipped: made.length - sent,
      isEnd: upTo === null && !hasEvents,
      pauseMs: Math.max(replayPauseMs(sent, job.pacePerSecond), nothingPauseMs),
    }));
  }

  private async rewound(job: ReplayJob, rewind: RewindPosition, run: Run, now: number): Promise<ReplayStep> {
    const { rewinds } = this.options;
    if (rewinds === null) throw new Error('nobody brings rewinds on here');
    const { made, step } = await rewinds.next(job, rewind, run, now);
    const turns = new TimeSlices();
    const records: OutgoingRecord[][] = [];
    for (const one of made) {
      await turns.over();
      if (one !== null) records.push(this.missedRecords(one));
    }
    const pauseMs = Math.max(step.pauseMs, nothingPauseMs);
    return this.sent(job, records, (sent) => ({ ...step, pauseMs, sent, skipped: made.length - sent }));
  }

  private async sent(
    job: ReplayJob,
    records: readonly (readonly OutgoingRecord[])[],
    stepAfter: (sent: number) => ReplayStep,
  ): Promise<ReplayStep> {
    try {
      return stepAfter(await this.send(records));
    } catch (error) {
      if (error instanceof WriteInDoubtError) {
        this.doubted(
          batchOf(job),
          error.settled.then(() => stepAfter(records.length)),
        );
      }
      throw error;
    }
  }

  private doubted(batch: string, step: Promise<ReplayStep>): void {
    const { doubts } = this;
    step.catch(() => undefined);
    doubts.set(batch, step);
    const [oldest] = doubts.keys();
    // All but the newest one are settled.
    if (doubts.size > unaskedMax && oldest !== undefined) doubts.delete(oldest);
  }

  private async past(job: ReplayJob, run: Run, now: number) {
    const { range, position, pacePerSecond, targetWebhookId } = job;
    const { items, upTo } = await deliveriesAfter(run, range, position.after, replayBatchSize(pacePerSecond));
    const make =
      targetWebhookId === null
        ? await this.again(job, items, run, now)
        : await this.elsewhere(job, targetWebhookId, items, run, now);
    const made: Made[] = [];
    const turns = new TimeSlices();
    let bytes = 0;
    for (const row of items) {
      await turns.over();
      const records = make(row);
      made.push(records);
      bytes += bytesIn(records);
      if (bytes > batchBytesMax && made.length < items.length) return { made, upTo: row.id };
    }
    return { made, upTo };
  }

  /** Where they went. */
  private async again({ id }: ReplayJob, rows: readonly PastDeliveryRow[], run: Run, now: number) {
    const events = new Map((await this.options.events.keptMany(keysOf(rows), run)).map((one) => [one.eventKey, one]));
    const targets = await this.targets(run, rows);
    return (row: PastDeliveryRow): Made => {
      const event = events.get(row.eventKey ?? '') ?? null;
      const delivery = replayedDelivery(id, row, event, targets.get(row.webhookId) ?? null, now);
      return delivery === null ? null : [this.deliveryRecord(delivery)];
    };
  }

  /** Their events, to another webhook. */
  private async elsewhere(
    { id }: ReplayJob,
    webhookId: string,
    rows: readonly PastDeliveryRow[],
    run: Run,
    now: number,
  ) {
    const events = new Map((await eventsOf(run, keysOf(rows))).map((event) => [event.eventKey, event]));
    const target = (await this.targets(run, [{ webhookId }])).get(webhookId) ?? null;
    return (row: PastDeliveryRow): Made => {
      const event = events.get(row.eventKey ?? '');
      const made = event === undefined ? null : deliveryTo(id, event, target, now);
      return made === null ? null : this.missedRecords(made);
    };
  }

  private async missed({ id, range, position, pacePerSecond, targetWebhookId }: ReplayJob, run: Run, now: number) {
    const { items, upTo } = await missedEventsAfter(run, range, position.after, replayBatchSize(pacePerSecond));
    const targets = await this.targets(
      run,
      targetWebhookId === null ? items.flatMap(({ decisions }) => decisions) : [{ webhookId: targetWebhookId }],
    );
    const made: Made[] = [];
    const turns = new TimeSlices();
    let bytes = 0;
    for (const [index, { event, decisions }] of items.entries()) {
      for (const decision of decisions) {
        await turns.over();
        const target = targets.get(targetWebhookId ?? decision.webhookId) ?? null;
        const missed =
          targetWebhookId === null
            ? missedDelivery(id, event, decision, target, now)
            : deliveryTo(id, event, target, now);
        const records = missed === null ? null : this.missedRecords(missed);
        made.push(records);
        bytes += bytesIn(records);
      }
      if (bytes > batchBytesMax && index < items.length - 1) return { made, upTo: event.eventKey };
    }
    return { made, upTo };
  }

  private missedRecords({ event, delivery }: MissedDelivery): OutgoingRecord[] {
    const { codecs, topicNames } = this.options;
    const value = codecs.events.encode({ ...event, time: timeOfId(event.eventKey) });
    return [{ topic: topicNames.of(topics.webhookEvents), key: event.eventId, value }, this.deliveryRecord(delivery)];
  }

  private async targets(run: Run, named: readonly { readonly webhookId: string }[]) {
    const ids = [...new Set(named.map(({ webhookId }) => webhookId))];
    const found = ids.length === 0 ? [] : await this.options.webhooks.targets(ids, run);
    return new Map(found.map((target): [string, ReplayTarget] => [target.id, target]));
  }

  private deliveryRecord(delivery: Parameters<ApiCodecs['deliveries']['encode']>[0]): OutgoingRecord {
    const { codecs, topicNames } = this.options;
    const value = codecs.deliveries.encode(delivery);
    return { topic: topicNames.of(topics.deliveries), key: delivery.webhookId, value };
  }

  /** How many went. One that Kafka will never take does not stop the others. */
  private async send(made: readonly (readonly OutgoingRecord[])[]): Promise<number> {
    if (made.length === 0) return 0;
    try {
      // Refused, it would be made again, and what was taken of it would be delivered again with it.
      await this.options.writer.write(made.flat(), 'wait');
      return made.length;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'payload_too_large') throw error;
      if (made.length === 1) return 0;
      let sent = 0;
      for (const one of made) sent += await this.sendOne(one);
      return sent;
    }
  }

  /** In doubt, it is not the batch that is settled with it: the others have to follow. */
  private async sendOne(records: readonly OutgoingRecord[]): Promise<number> {
    try {
      return await this.send([records]);
    } catch (error) {
      if (!(error instanceof WriteInDoubtError)) throw error;
      throw new WriteInDoubtError(
        error.settled.then(() => {
          throw new ProblemError('kafka_unavailable', 'A part of the batch is on Kafka.');
        }),
      );
    }
  }
}

function batchOf({ id, position, rewind = null }: Pick<ReplayJob, 'id' | 'position' | 'rewind'>): string {
  return `${id} ${positionText(rewind ?? position)}`;
}

function keysOf(rows: readonly PastDeliveryRow[]): string[] {
  return rows.map(({ eventKey }) => eventKey).filter((key) => key !== null);
}

function bytesIn(records: Made): number {
  return records === null ? 0 : records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}

/**
 * In: a replay and how far it is. Out: its next deliveries on Kafka, acknowledged, and how far that is. Holds: nothing
 * is counted as sent before Kafka has it; what cannot be sent is passed over and counted.
 */
import { timeOfId } from '../../libs/domain/ids.ts';
import {
  missedDelivery,
  replayBatchSize,
  replayedDelivery,
  replayPauseMs,
  type ReplayTarget,
} from '../../libs/domain/replay.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import type { EventView } from '../../libs/postgres/event-view.ts';
import type { Run } from '../../libs/postgres/bulk.ts';
import { deliveriesAfter, missedEventsAfter } from '../../libs/postgres/replay-candidates.ts';
import type { ReplayJob, ReplayStep } from '../../libs/postgres/replay-store.ts';
import type { WebhookView } from '../../libs/postgres/webhook-view.ts';
import { topics } from '../../libs/wire/topics.ts';
import type { ApiCodecs, TopicNames } from './api-codecs.ts';
import type { KafkaWriter } from './kafka-writer.ts';
import { ProblemError } from './problem-error.ts';

export interface ReplayBatchesOptions {
  readonly writer: KafkaWriter;
  readonly codecs: ApiCodecs;
  readonly topicNames: TopicNames;
  readonly events: Pick<EventView, 'keptMany'>;
  readonly webhooks: Pick<WebhookView, 'targets'>;
}

/** Records that go together: a delivery, and its event where the history has to learn of it. Null: passed over. */
type Made = readonly OutgoingRecord[] | null;

/** Between stretches of the history that have nothing for the replay, in milliseconds: others get their turn. */
const nothingPauseMs = 10;

export class ReplayBatches {
  private readonly options: ReplayBatchesOptions;

  constructor(options: ReplayBatchesOptions) {
    this.options = options;
  }

  /** @throws ProblemError kafka_unavailable, overloaded: the same batch may be tried again */
  async next(job: ReplayJob, run: Run, now: number): Promise<ReplayStep> {
    const { phase } = job.position;
    const { made, upTo } = phase === 'deliveries' ? await this.past(job, run, now) : await this.missed(job, run, now);
    const records = made.filter((one) => one !== null);
    const sent = await this.send(records);
    const hasEvents = phase === 'deliveries' && job.range.filter.missedWhileDisabled === true;
    return {
      position: upTo === null && hasEvents ? { phase: 'events', after: null } : { phase, after: upTo },
      sent,
      skipped: made.length - sent,
      isEnd: upTo === null && !hasEvents,
      pauseMs: Math.max(replayPauseMs(sent, job.pacePerSecond), nothingPauseMs),
    };
  }

  private async past({ id, range, position, pacePerSecond }: ReplayJob, run: Run, now: number) {
    const { items, upTo } = await deliveriesAfter(run, range, position.after, replayBatchSize(pacePerSecond));
    const keys = items.map(({ eventKey }) => eventKey).filter((key) => key !== null);
    const events = new Map((await this.options.events.keptMany(keys, run)).map((event) => [event.eventKey, event]));
    const targets = await this.targets(run, items);
    const made = items.map((row): Made => {
      const event = events.get(row.eventKey ?? '') ?? null;
      const delivery = replayedDelivery(id, row, event, targets.get(row.webhookId) ?? null, now);
      return delivery === null ? null : [this.deliveryRecord(delivery)];
    });
    return { made, upTo };
  }

  private async missed({ id, range, position, pacePerSecond }: ReplayJob, run: Run, now: number) {
    const { items, upTo } = await missedEventsAfter(run, range, position.after, replayBatchSize(pacePerSecond));
    const targets = await this.targets(
      run,
      items.flatMap(({ decisions }) => decisions),
    );
    const made = items.flatMap(({ event, decisions }) =>
      decisions.map((decision): Made => {
        const missed = missedDelivery(id, event, decision, targets.get(decision.webhookId) ?? null, now);
        if (missed === null) return null;
        const { codecs, topicNames } = this.options;
        const value = codecs.events.encode({ ...missed.event, time: timeOfId(event.eventKey) });
        return [
          { topic: topicNames.of(topics.webhookEvents), key: event.eventId, value },
          this.deliveryRecord(missed.delivery),
        ];
      }),
    );
    return { made, upTo };
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
      await this.options.writer.write(made.flat());
      return made.length;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'payload_too_large') throw error;
      if (made.length === 1) return 0;
      let sent = 0;
      for (const one of made) sent += await this.send([one]);
      return sent;
    }
  }
}

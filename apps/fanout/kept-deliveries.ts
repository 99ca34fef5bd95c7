/**
 * In: deliveries of webhooks that are being joined (libs/domain/delivery/rewind.ts), made and not written. Out: they are written, once the
 * rewind has written what came before them.
 * Holds: those of a webhook are written in their order, and nothing of it past them while one is left; a decision says `matched` only after
 * Kafka has the delivery. What is kept is bounded, and none of it is lost with the process: the history has each as `held`, and the rewind looks after it.
 */
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { KeptDelivery } from '../../libs/domain/delivery/fan-out.ts';
import type { WebhookEvent } from '../../libs/domain/event/webhook-event.ts';
import type { Subscription, SubscriptionTable } from '../../libs/domain/delivery/match.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import type { RecordSink } from '../../libs/kafka/producer/record-sink.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';

export interface KeptDeliveriesOptions {
  readonly table: Pick<SubscriptionTable, 'find'>;
  readonly logger: Logger;
  /** Default: {@link keptBytesMax} */
  readonly bytesMax?: number;
}

/** A delivery and its event, as records. */
export interface KeptRecords {
  readonly delivery: OutgoingRecord;
  readonly event: OutgoingRecord;
}

interface Encoding {
  readonly topics: { readonly events: string; readonly deliveries: string };
  readonly encodeEvent: (event: WebhookEvent) => Buffer;
  readonly encodeDelivery: (delivery: Delivery) => Buffer;
}

/** Of all webhooks together. What comes beyond is left to the rewind. */
const keptBytesMax = 32 * 1024 * 1024;
const writtenTogether = 100;
/** How soon to look whether a webhook is joined. */
const lookAgainMs = 50;

export class KeptDeliveries {
  private readonly options: KeptDeliveriesOptions;
  private readonly kept = new Map<string, KeptRecords[]>();
  private bytes = 0;
  private working: Promise<void> | null = null;
  private isStopped = false;
  private sink: Pick<RecordSink, 'append'> | null = null;

  constructor(options: KeptDeliveriesOptions) {
    this.options = options;
  }

  /** The sink comes later than what fans out, and before the first event. */
  writeTo(sink: Pick<RecordSink, 'append'>): this {
    this.sink = sink;
    return this;
  }

  /** While something of it is kept, its next delivery has its place behind that. */
  isKept = ({ webhookId, rewind }: Pick<Subscription, 'webhookId' | 'rewind'>): boolean =>
    rewind !== 'holding' && this.kept.has(webhookId);

  keep(webhookId: string, records: KeptRecords): void {
    const size = sizeOf(records);
    if (this.bytes + size > (this.options.bytesMax ?? keptBytesMax)) return;
    const line = this.kept.get(webhookId) ?? [];
    line.push(records);
    this.kept.set(webhookId, line);
    this.bytes += size;
    this.working ??= this.work().finally(() => {
      this.working = null;
    });
  }

  /** Of what is kept then the history knows. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.working;
  }

  private async work(): Promise<void> {
    while (this.kept.size > 0 && !this.isStopped) {
      for (const webhookId of [...this.kept.keys()]) await this.look(webhookId);
      await pauseFor(lookAgainMs);
    }
  }

  private async look(webhookId: string): Promise<void> {
    const webhook = this.options.table.find(webhookId);
    if (webhook?.rewind === 'joining') return;
    // Held again, disabled or deleted: none of it is to be written here.
    if (webhook?.isActive !== true || webhook.rewind === 'holding') this.drop(webhookId);
    else await this.write(webhookId);
  }

  private async write(webhookId: string): Promise<void> {
    const { sink } = this;
    const { logger } = this.options;
    for (;;) {
      const line = this.kept.get(webhookId);
      if (line === undefined || sink === null) return;
      const next = line.slice(0, writtenTogether);
      try {
        await sink.append(next.map(({ delivery }) => delivery));
        await sink.append(next.map(({ event }) => event));
      } catch (error) {
        logger.warn({ webhookId, ...errorFields(error) }, 'what was kept for a webhook is left to its rewind');
        this.drop(webhookId);
        return;
      }
      // Dropped meanwhile it is another line.
      if (this.kept.get(webhookId) !== line) return;
      line.splice(0, next.length);
      for (const records of next) this.bytes -= sizeOf(records);
      if (line.length === 0) this.kept.delete(webhookId);
    }
  }

  private drop(webhookId: string): void {
    for (const records of this.kept.get(webhookId) ?? []) this.bytes -= sizeOf(records);
    this.kept.delete(webhookId);
  }
}

export function keptRecords({ delivery, event }: KeptDelivery, how: Encoding): KeptRecords {
  const { topics, encodeDelivery, encodeEvent } = how;
  return {
    delivery: { topic: topics.deliveries, key: delivery.webhookId, value: encodeDelivery(delivery) },
    event: { topic: topics.events, key: event.eventId, value: encodeEvent(event) },
  };
}

function sizeOf({ delivery, event }: KeptRecords): number {
  return (delivery.value?.length ?? 0) + (event.value?.length ?? 0);
}

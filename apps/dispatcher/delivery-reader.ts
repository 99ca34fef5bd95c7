/**
 * In: a record that waits in a lane. Out: its delivery.
 * Holds: one that cannot be read is set aside, and complete once that is acknowledged: the lane goes on.
 */
import type { Delivery, DeliveryKind } from '../../libs/domain/delivery/delivery.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { DispatchMetrics } from './dispatch-metrics.ts';
import type { LaneItem } from './lanes/lane-item.ts';
import type { DispatchCodecs, Reports } from './reports.ts';

export interface DeliveryReaderOptions {
  readonly codecs: DispatchCodecs;
  readonly reports: Reports;
  readonly metrics: DispatchMetrics;
  readonly logger: Logger;
  readonly acknowledgements: Acknowledgements;
}

export class DeliveryReader {
  private readonly options: DeliveryReaderOptions;

  constructor(options: DeliveryReaderOptions) {
    this.options = options;
  }

  /** Null when the record is none of ours to send: it is set aside, and the lane goes on. */
  read(item: LaneItem, webhookId: string): Delivery | null {
    const codec = item.source === 'main' ? this.options.codecs.delivery : this.options.codecs.parked;
    try {
      const delivery = codec.decode(item.value);
      if (delivery !== null) return delivery;
      throw new Error('its schema was not learned');
    } catch (error) {
      this.setAside(item, webhookId, error);
      return null;
    }
  }

  /** For a label, while it waits. Empty for what cannot be read: that is found out when it is attempted. */
  eventTypeOf(item: LaneItem): string {
    return this.peek(item)?.eventType ?? '';
  }

  /** Null of what cannot be read. */
  kindOf(item: LaneItem): DeliveryKind | null {
    return this.peek(item)?.kind ?? null;
  }

  private peek(item: LaneItem): Delivery | null {
    const codec = item.source === 'main' ? this.options.codecs.delivery : this.options.codecs.parked;
    try {
      return codec.decode(item.value);
    } catch {
      return null;
    }
  }

  private setAside(item: LaneItem, webhookId: string, error: unknown): void {
    const { topic, partition: number } = item.lease;
    const { offset, value } = item;
    this.options.logger.error(
      { topic, partition: number, offset, ...errorFields(error) },
      'undecodable delivery set aside',
    );
    this.options.metrics.undecodable(topic);
    if (item.source === 'main') item.partition.starts(offset);
    this.options.acknowledgements.follow(
      item.partition,
      this.options.reports.setAside({ topic, partition: number, offset, value }, String(error)),
      () => {
        item.partition.complete(item, webhookId);
      },
    );
  }
}

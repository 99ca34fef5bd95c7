/**
 * In: a ping that waited for too long. Out: its outcome, without a POST: it would tell how the endpoint was. Holds: a test event
 * of a paused webhook, which took the places of pings, does not end here: it waits with the other deliveries.
 */
import { settleWithoutPost } from '../../../libs/domain/delivery/settle.ts';
import type { Acknowledgements } from '../acknowledgements.ts';
import type { DeliveryReader } from '../delivery-reader.ts';
import type { DispatchMetrics } from '../dispatch-metrics.ts';
import type { LaneItem } from '../lanes/lane-item.ts';
import type { PartitionHooks } from '../partition.ts';
import type { Reports } from '../reports.ts';

export interface PingRefusalOptions {
  readonly reader: DeliveryReader;
  readonly reports: Reports;
  readonly metrics: DispatchMetrics;
  readonly acknowledgements: Acknowledgements;
  /** `add`: it waits with the other deliveries of its webhook. */
  readonly hooks: Pick<PartitionHooks, 'add'>;
}

const message = 'other pings were under way for too long';

export async function refusePing(item: LaneItem, webhookId: string, options: PingRefusalOptions): Promise<void> {
  if (options.reader.kindOf(item) === 'test') {
    options.hooks.add(webhookId, item);
    return;
  }
  const { partition } = item;
  partition.opened();
  try {
    partition.starts(item.offset);
    const delivery = options.reader.read(item, webhookId);
    if (delivery === null) return;
    const settlement = settleWithoutPost(delivery, 'expired', message, Date.now());
    await options.reports.settle(settlement.outcome, settlement.followUp, item.name);
    partition.complete(item, webhookId);
    options.metrics.settled(settlement, delivery);
  } catch (error) {
    options.acknowledgements.leave(error);
  } finally {
    partition.settled();
  }
}

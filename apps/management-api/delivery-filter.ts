/** The filters of lists of deliveries, from a query to the history. */
import type { listWebhookDeliveries } from '../../libs/api-contract/deliveries.ts';
import type { QueryOf } from '../../libs/api-contract/operation.ts';
import { timeRangeOf } from './time-range.ts';

type DeliveryQuery = Pick<QueryOf<typeof listWebhookDeliveries>, 'status' | 'eventType' | 'eventId' | 'from' | 'to'>;

/** @throws ProblemError */
export function deliveryFilterOf({ status, eventType, eventId, ...times }: DeliveryQuery) {
  return { status, eventType, eventId, ...timeRangeOf(times) };
}

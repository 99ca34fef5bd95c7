/** The filters of lists of deliveries, from a query to the history. */
import type { listWebhookDeliveries } from '../../libs/api-contract/deliveries.ts';
import type { QueryOf } from '../../libs/api-contract/operation.ts';

type DeliveryQuery = Pick<QueryOf<typeof listWebhookDeliveries>, 'status' | 'eventType' | 'eventId' | 'from' | 'to'>;

export function deliveryFilterOf({ status, eventType, eventId, from, to }: DeliveryQuery) {
  return { status, eventType, eventId, from: dateOf(from), to: dateOf(to) };
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

/** Deliveries as screens read them, and the filters that a list of them has in its address. */
import type { Answer, Schemas } from '../api/api.ts';
import { read, type ListPage, type Query } from '../api/reads.ts';

export type Delivery = Schemas['Delivery'];
export type DeliveryDetail = Schemas['DeliveryDetail'];
export type Attempt = DeliveryDetail['attempts'][number];
export type DeliveryStatusName = Delivery['status'];

/** Names in the address, and what the API calls them. */
export const deliveryFilters = {
  webhook: 'webhookId',
  status: 'status',
  type: 'eventType',
  event: 'eventId',
  reason: 'reason',
  code: 'responseCode',
  kind: 'kind',
  from: 'from',
  to: 'to',
} as const;
export type DeliveryFilterName = keyof typeof deliveryFilters;
export const deliveryFilterNames = Object.keys(deliveryFilters) as readonly DeliveryFilterName[];

export function deliveryQuery(get: (name: string) => string): Query {
  return Object.fromEntries(deliveryFilterNames.map((name) => [deliveryFilters[name], get(name)]));
}

export function readDeliveries(query: Query, signal?: AbortSignal): Promise<ListPage<Delivery>> {
  return read<ListPage<Delivery>>('/v1/deliveries', query, signal);
}

export type DeliveryCount = Answer<'/v1/deliveries/count'>;

export function countDeliveries(query: Query, signal?: AbortSignal): Promise<DeliveryCount> {
  return read<DeliveryCount>('/v1/deliveries/count', query, signal);
}

export function readDelivery(id: string, signal?: AbortSignal): Promise<DeliveryDetail> {
  return read<DeliveryDetail>(`/v1/deliveries/${encodeURIComponent(id)}`, {}, signal);
}

/** Nothing follows by itself any more. */
export function isSettled({ status }: Pick<Delivery, 'status'>): boolean {
  return status === 'delivered' || status === 'failed_permanent';
}

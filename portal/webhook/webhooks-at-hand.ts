/** Webhooks for lists that only have their ids, and for whoever looks through all of them. Of so many as one call gives. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { queryClient } from '../api/queries.ts';
import { read, type ListPage } from '../api/reads.ts';
import type { Webhook } from './webhook.ts';

export const webhooksAtHandMax = 250;
const empty: ReadonlyMap<string, string> = new Map();

/** The newest ones, without their health. */
export function useWebhooksAtHand(): UseQueryResult<ListPage<Webhook>> {
  return useQuery(atHand);
}

const atHand = {
  // With every other list of webhooks it is out of date when one of them changes.
  queryKey: ['webhooks', 'at-hand'],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    read<ListPage<Webhook>>('/v1/webhooks', { limit: webhooksAtHandMax }, signal),
  staleTime: 60_000,
};

/** The same list was read for something else. */
export function noteWebhooksAtHand(page: ListPage<Webhook>): void {
  queryClient.setQueryData(atHand.queryKey, page);
}

/** Addresses by ids. @param isWanted false: none is shown, so none is asked for */
export function useWebhookUrls(isWanted = true): ReadonlyMap<string, string> {
  return useQuery({ ...atHand, select: urlsById, enabled: isWanted }).data ?? empty;
}

function urlsById({ data }: ListPage<Webhook>): ReadonlyMap<string, string> {
  return new Map(data.map(({ id, url }) => [id, url]));
}

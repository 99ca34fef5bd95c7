/** Addresses of webhooks by their ids, for lists that only have the ids. Of so many as one call gives. */
import { useQuery } from '@tanstack/react-query';
import { read, type ListPage } from '../api/reads.ts';
import type { Webhook } from './webhook.ts';

const limit = 250;
const empty: ReadonlyMap<string, string> = new Map();

export function useWebhookUrls(): ReadonlyMap<string, string> {
  const { data } = useQuery({
    queryKey: ['webhook-urls'],
    queryFn: async ({ signal }) => {
      const page = await read<ListPage<Webhook>>('/v1/webhooks', { limit }, signal);
      return new Map(page.data.map(({ id, url }) => [id, url]));
    },
    staleTime: 60_000,
  });
  return data ?? empty;
}

/** How a webhook is doing, looked at while its page is open. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Schemas } from '../api/api.ts';
import { read } from '../api/reads.ts';

export type WebhookHealth = Schemas['WebhookHealth'];

const lookEveryMs = 5_000;

export function healthKey(id: string): readonly string[] {
  return ['webhook-health', id];
}

export function useHealth(id: string): UseQueryResult<WebhookHealth> {
  return useQuery({
    queryKey: healthKey(id),
    queryFn: ({ signal }) => read<WebhookHealth>(`/v1/webhooks/${encodeURIComponent(id)}/health`, {}, signal),
    refetchInterval: lookEveryMs,
  });
}

/** How a webhook is doing, looked at while its page is open. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Schemas } from '../api/api.ts';
import { read } from '../api/reads.ts';
import type { Webhook, WebhookStateName } from './webhook.ts';

export type WebhookHealth = Schemas['WebhookHealth'];

const lookEveryMs = 5_000;

export function healthKey(id: string): readonly string[] {
  return ['webhook-health', id];
}

function readHealth(id: string, signal?: AbortSignal): Promise<WebhookHealth> {
  return read<WebhookHealth>(`/v1/webhooks/${encodeURIComponent(id)}/health`, {}, signal);
}

export function useHealth(id: string, isWanted = true): UseQueryResult<WebhookHealth> {
  return useQuery({
    queryKey: healthKey(id),
    queryFn: ({ signal }) => readHealth(id, signal),
    enabled: isWanted,
    refetchInterval: lookEveryMs,
  });
}

/**
 * Its state, beside the heading of every part of its page: what came with the webhook first, then what is looked at.
 * @param isHealthRead the part reads all of its health
 */
export function useWebhookState(
  id: string,
  { data: webhook, dataUpdatedAt }: UseQueryResult<Webhook>,
  isHealthRead: boolean,
): WebhookStateName | undefined {
  const health = useHealth(id, isHealthRead);
  const looked = useQuery({
    queryKey: [...healthKey(id), 'state'],
    queryFn: async ({ signal }) => (await readHealth(id, signal)).state,
    enabled: webhook !== undefined && !isHealthRead,
    initialData: webhook?.health?.state,
    initialDataUpdatedAt: dataUpdatedAt,
    staleTime: lookEveryMs,
    refetchInterval: lookEveryMs,
  });
  return isHealthRead ? (health.data?.state ?? webhook?.health?.state) : looked.data;
}

/** The webhooks of which a replay would skip what it names, because they are disabled. */
import { read, type ListPage } from '../../api/reads.ts';
import { countDeliveries } from '../../delivery/delivery.ts';
import { readWebhook, type Webhook } from '../../webhook/webhook.ts';
import type { NewReplayFilter } from './replay-draft.ts';

export interface Skipping {
  readonly id: string;
  readonly url: string;
  /** Null: of what was missed the API gives no count by webhook. */
  readonly count: number | null;
}

/** As many as are asked about one by one. */
const askedMax = 10;
const webhooksMax = 250;

export async function readSkipping(filter: NewReplayFilter, clientId: string): Promise<readonly Skipping[]> {
  const { webhookId, missedWhileDisabled, status, ...rest } = filter;
  const candidates =
    webhookId === undefined
      ? (await read<ListPage<Webhook>>('/v1/webhooks', { clientId, limit: webhooksMax })).data
      : [await readWebhook(webhookId)];
  const disabled = candidates.filter(({ isActive }) => !isActive);
  if (missedWhileDisabled === true) return disabled.map(({ id, url }) => ({ id, url, count: null }));
  const asked = disabled.slice(0, askedMax).map(async ({ id, url }) => {
    const { count } = await countDeliveries({ ...rest, status, webhookId: id });
    return { id, url, count };
  });
  return (await Promise.all(asked)).filter(({ count }) => count > 0);
}

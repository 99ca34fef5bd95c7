/** The last day of each webhook of a page, by the hour, in one call. */
import type { Answer } from '../../api/api.ts';
import { read } from '../../api/reads.ts';

type Stats = Answer<'/v1/stats'>;
export type StatsByWebhook = NonNullable<Stats['groups']>[number];

export async function readDays(
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StatsByWebhook>> {
  const query = { groupBy: 'webhook', bucket: '1h', webhookId: ids };
  const { groups = [] } = await read<Stats>('/v1/stats', query, signal);
  return new Map(groups.map((group) => [group.webhookId, group]));
}

/** The last day of each webhook of a page, by the hour, in one call. */
import { ApiProblem } from '../../../libs/api-client/api-problem.ts';
import { read } from '../../api/reads.ts';

export interface HourOfWebhook {
  readonly start: string;
  readonly attempts: number;
  readonly delivered: number;
}

export interface StatsByWebhook {
  readonly webhookId: string;
  readonly data: readonly HourOfWebhook[];
}

/** Empty where the API does not group. */
export async function readDays(
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StatsByWebhook>> {
  try {
    const query = { groupBy: 'webhook', bucket: '1h', webhookId: ids };
    const { groups } = await read<{ groups?: readonly StatsByWebhook[] }>('/v1/stats', query, signal);
    return new Map((groups ?? []).map((group) => [group.webhookId, group]));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 422) return new Map();
    throw error;
  }
}

/** The newest events with their data, as a filter sees them. */
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';
import type { FilterEvent } from '../../libs/domain/filter/filter.ts';
import { problemOf, request } from '../api/api.ts';
import { queryText } from '../api/reads.ts';

const limit = 50;

export type RecentEvent = FilterEvent;

/** Without those whose data is hidden. @throws ApiProblem, ApiUnreachable */
export async function recentEvents(signal: AbortSignal): Promise<readonly RecentEvent[]> {
  const response = await request(`/v1/events${queryText({ include: 'data', limit })}`, { signal });
  const text = await response.text();
  if (!response.ok) throw problemOf(response, JSON.parse(text));
  const { data } = parseLossless(text) as {
    readonly data: readonly (RecentEvent & { isPayloadHidden?: boolean; isErased?: boolean })[];
  };
  return data.filter((event) => event.isPayloadHidden !== true && event.isErased !== true && event.data !== undefined);
}

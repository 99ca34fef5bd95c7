/** The catalogue, for fields that take event types. Of so many as one call gives. */
import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../api/api.ts';
import { read, type ListPage } from '../api/reads.ts';

const limit = 250;
const none: readonly Schemas['EventType'][] = [];

export function useEventTypesOffered(): readonly Schemas['EventType'][] {
  const { data } = useQuery({
    queryKey: ['event-types-offered'],
    queryFn: ({ signal }) => read<ListPage<Schemas['EventType']>>('/v1/event-types', { limit }, signal),
    staleTime: 60_000,
  });
  return data?.data ?? none;
}

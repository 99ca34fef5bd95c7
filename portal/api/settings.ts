/** The settings of the installation that clients may know: limits, defaults and rules. */
import { useQuery } from '@tanstack/react-query';
import { api, dataOf, type Schemas } from './api.ts';

/** Undefined until they are known. */
export function useSettings(): Schemas['Settings'] | undefined {
  return useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => dataOf<Schemas['Settings']>(api.GET('/v1/settings', { signal })),
    staleTime: 300_000,
  }).data;
}

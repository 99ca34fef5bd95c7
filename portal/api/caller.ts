/** Who is signed in, and what they may do. */
import { useQuery } from '@tanstack/react-query';
import type { Capability } from '../../libs/domain/access/capabilities.ts';
import { api, dataOf, type Answer } from './api.ts';
import { queryClient } from './queries.ts';

export type Caller = Answer<'/v1/me'>;

const key = ['me'];

export const callerQuery = {
  queryKey: key,
  queryFn: ({ signal }: { signal: AbortSignal }) => dataOf<Caller>(api.GET('/v1/me', { signal })),
  staleTime: 60_000,
};

/** Undefined until it is known. */
export function useCaller(): Caller | undefined {
  return useQuery(callerQuery).data;
}

export function presentCaller(): Caller | undefined {
  return queryClient.getQueryData<Caller>(key);
}

export function may(caller: Caller | undefined, capability: Capability): boolean {
  return caller?.capabilities.includes(capability) === true;
}

export function useMay(capability: Capability): boolean {
  return may(useCaller(), capability);
}

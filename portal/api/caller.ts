/** Who is signed in, and what they may do. */
import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from './api.ts';
import { queryClient } from './queries.ts';

/** Things that a session may be allowed to do. */
export type Capability =
  | 'webhooks.write'
  | 'webhooks.delete'
  | 'secrets.rotate'
  | 'tests.send'
  | 'deliveries.resend'
  | 'replays.write'
  | 'settings.write'
  | 'payloads.read';

export interface Caller {
  readonly kind: 'api_key' | 'portal';
  readonly id: string;
  readonly name: string | null;
  readonly role: string;
  readonly clientId: string | null;
  readonly scope: 'view' | 'manage';
  readonly expiresAt: string | null;
  /** Left out by an API that only knows scopes. */
  readonly capabilities?: readonly string[];
  /** Until when it can be made longer; null or left out: it cannot. */
  readonly renewableUntil?: string | null;
}

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
  if (caller === undefined) return false;
  if (caller.capabilities !== undefined) return caller.capabilities.includes(capability);
  return caller.scope === 'manage' || capability === 'payloads.read';
}

export function useMay(capability: Capability): boolean {
  return may(useCaller(), capability);
}

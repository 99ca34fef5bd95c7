/** What was read, kept while it is shown. Reads that are told to wait do so, up to three times. */
import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { sessionState } from '../session/session.ts';

const triesMax = 3;
const waitMsMax = 30_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 60_000,
      // The banner tries again when the API is away.
      networkMode: 'always',
      retry: (failures, error) => failures < triesMax && isWorthAnotherTry(error),
      retryDelay: (failures, error) => waitMs(error) ?? 500 * 2 ** failures,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

// What was read for one is not shown to whoever signs in next, whichever tab the session was ended in.
sessionState.watch(() => {
  if (sessionState.get().kind === 'out') queryClient.clear();
});

function isWorthAnotherTry(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.status === 429 || error.status === 503;
  return false;
}

/** How long the API asked to wait; null: it did not ask. */
export function waitMs(error: unknown): number | null {
  if (!(error instanceof ApiProblem) || error.retryAfterS === null) return null;
  return Math.min(error.retryAfterS * 1000, waitMsMax);
}

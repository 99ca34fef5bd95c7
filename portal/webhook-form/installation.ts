/** The limits and defaults of this installation, as far as forms show them. */
import { useQuery } from '@tanstack/react-query';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { read } from '../api/reads.ts';
import { usualPolicy, type PolicyDefaults } from './attempt-times.ts';

export interface Installation {
  /** Null: not said. */
  readonly urls: { readonly schemes: readonly string[]; readonly ports: readonly string[] } | null;
  readonly retryPolicy: PolicyDefaults;
}

interface Settings {
  readonly urls: { readonly schemes: readonly string[]; readonly ports: readonly string[] };
  readonly retryPolicy: { readonly default: PolicyDefaults };
}

const unknown: Installation = { urls: null, retryPolicy: usualPolicy };

export function useInstallation(): Installation {
  const { data } = useQuery({
    queryKey: ['settings-in-force'],
    queryFn: async ({ signal }) => {
      try {
        const { urls, retryPolicy } = await read<Settings>('/v1/settings', {}, signal);
        return { urls, retryPolicy: retryPolicy.default };
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return unknown;
        throw error;
      }
    },
    staleTime: 300_000,
  });
  return data ?? unknown;
}

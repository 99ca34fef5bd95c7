/** By what rule failing webhooks are disabled here. */
import { ApiProblem } from '../../../libs/api-client/api-problem.ts';
import { read } from '../../api/reads.ts';

export interface DisableRule {
  readonly failures: number;
  readonly minutes: number;
}

interface Settings {
  readonly autoDisable?: { readonly enabled?: boolean; readonly failures?: number; readonly minutes?: number } | null;
}

/** Null where the API does not say, or disables none. */
export async function readDisableRule(signal: AbortSignal): Promise<DisableRule | null> {
  try {
    const { autoDisable } = await read<Settings>('/v1/settings', {}, signal);
    const { enabled = true, failures, minutes } = autoDisable ?? {};
    return enabled && failures !== undefined && minutes !== undefined ? { failures, minutes } : null;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

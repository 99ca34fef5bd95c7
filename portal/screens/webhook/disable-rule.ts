/** By what rule failing webhooks are disabled here. */
import { ApiProblem } from '../../../libs/api-client/api-problem.ts';
import { read } from '../../api/reads.ts';

export interface DisableRule {
  readonly failures: number;
  readonly minutes: number;
}

interface Settings {
  readonly autoDisable: {
    readonly isEnabled: boolean;
    readonly failureThreshold: number;
    readonly minMinutes: number;
  };
}

/** Null where the API does not say, or disables none. */
export async function readDisableRule(signal: AbortSignal): Promise<DisableRule | null> {
  try {
    const { autoDisable } = await read<Settings>('/v1/settings', {}, signal);
    const { isEnabled, failureThreshold: failures, minMinutes: minutes } = autoDisable;
    return isEnabled ? { failures, minutes } : null;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

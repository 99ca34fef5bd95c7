/** When the attempts of a policy would be made, as the system itself reckons. Pure. */
import { retryDelayMs } from '../../libs/domain/delivery/retry.ts';
import type { FormValues } from './form-values.ts';

export interface PolicyDefaults {
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly backoffFactor: number;
  readonly maxDelayMs: number;
}

/** Of docs/receiving.md, until the installation has said its own. */
export const usualPolicy: PolicyDefaults = {
  maxAttempts: 6,
  baseDelayMs: 5_000,
  backoffFactor: 12,
  maxDelayMs: 86_400_000,
};

/** As many as are drawn. */
const attemptsMax = 20;

/** Milliseconds from the first attempt to each; null: what is typed is no policy. */
export function attemptTimes(
  values: Pick<FormValues, 'maxAttempts' | 'baseDelayMs' | 'backoffFactor' | 'maxDelayMs'>,
  defaults: PolicyDefaults,
): readonly number[] | null {
  const numberOf = (text: string, otherwise: number) => (text.trim() === '' ? otherwise : Number(text));
  const policy = {
    maxAttempts: numberOf(values.maxAttempts, defaults.maxAttempts),
    baseDelayMs: numberOf(values.baseDelayMs, defaults.baseDelayMs),
    backoffFactor: numberOf(values.backoffFactor, defaults.backoffFactor),
    maxDelayMs: numberOf(values.maxDelayMs, defaults.maxDelayMs),
    jitter: 0,
  };
  if (Object.values(policy).some((value) => !Number.isFinite(value) || value < 0) || policy.maxAttempts < 1)
    return null;
  const times = [0];
  for (let attempt = 1; attempt < Math.min(policy.maxAttempts, attemptsMax); attempt += 1) {
    times.push((times.at(-1) ?? 0) + retryDelayMs(policy, attempt, null, 0.5));
  }
  return times;
}

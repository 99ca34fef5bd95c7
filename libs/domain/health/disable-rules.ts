/** When failures disable a webhook: what the operator sets for everybody, and what is set for one client. */
import type { RateRule } from './failure-rate.ts';

export interface DisableRules {
  readonly isEnabled: boolean;
  /** Consecutive failed attempts. */
  readonly failureThreshold: number;
  /** From the first to the last of them at least, in milliseconds. */
  readonly minMs: number;
  /** When nearly all attempts of a while failed; null: only a run of failures counts. */
  readonly rate: RateRule | null;
}

/** Of a client; what is left out is as the operator sets it for everybody. */
export interface DisableOverride {
  readonly isEnabled?: boolean;
  readonly failureThreshold?: number;
  /** Minutes. */
  readonly minMinutes?: number;
  /** Percent of the attempts; 0: only a run of failures counts. */
  readonly failureRatePercent?: number;
}

/** What an override may say. */
export const disableLimits = {
  failureThreshold: { min: 3, max: 1_000 },
  /** Up to seven days. */
  minMinutes: { min: 0, max: 10_080 },
  failureRatePercent: { min: 0, max: 100 },
} as const;

const minuteMs = 60_000;

export function disableRulesOf(operator: DisableRules, override: DisableOverride | null): DisableRules {
  if (override === null) return operator;
  const failureThreshold = override.failureThreshold ?? operator.failureThreshold;
  return {
    isEnabled: override.isEnabled ?? operator.isEnabled,
    failureThreshold,
    minMs: override.minMinutes === undefined ? operator.minMs : override.minMinutes * minuteMs,
    rate: rateOf(operator, override.failureRatePercent, failureThreshold),
  };
}

/** A client whose webhooks may fail more often in a row may fail as often by the rate. */
function rateOf({ rate }: DisableRules, percent: number | undefined, failureThreshold: number): RateRule | null {
  if (rate === null || percent === 0) return null;
  const attemptsMin = Math.max(rate.attemptsMin, failureThreshold);
  return { ...rate, attemptsMin, part: percent === undefined ? rate.part : percent / 100 };
}

/** Longer than it takes a monitor that keeps up, shorter than anything that an endpoint's trouble is judged over. */
const behindMsMin = 15_000;
const behindMsMax = 60_000;

/** How far behind the present a monitor may be that disables by these rules. */
export function tolerableBehindMs({ minMs }: DisableRules): number {
  return Math.min(behindMsMax, Math.max(behindMsMin, minMs));
}

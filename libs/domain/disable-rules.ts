/** When failures disable a webhook: what the operator sets for everybody, and what is set for one client. */

export interface DisableRules {
  readonly isEnabled: boolean;
  /** Consecutive failed attempts. */
  readonly failureThreshold: number;
  /** From the first to the last of them at least, in milliseconds. */
  readonly minMs: number;
}

/** Of a client; what is left out is as the operator sets it for everybody. */
export interface DisableOverride {
  readonly isEnabled?: boolean;
  readonly failureThreshold?: number;
  /** Minutes. */
  readonly minMinutes?: number;
}

/** What an override may say. */
export const disableLimits = {
  failureThreshold: { min: 3, max: 1_000 },
  /** Up to seven days. */
  minMinutes: { min: 0, max: 10_080 },
} as const;

const minuteMs = 60_000;

export function disableRulesOf(operator: DisableRules, override: DisableOverride | null): DisableRules {
  if (override === null) return operator;
  return {
    isEnabled: override.isEnabled ?? operator.isEnabled,
    failureThreshold: override.failureThreshold ?? operator.failureThreshold,
    minMs: override.minMinutes === undefined ? operator.minMs : override.minMinutes * minuteMs,
  };
}

/** Longer than it takes a monitor that keeps up, shorter than anything that an endpoint's trouble is judged over. */
const behindMsMin = 15_000;
const behindMsMax = 60_000;

/** How far behind the present a monitor may be that disables by these rules. */
export function tolerableBehindMs({ minMs }: DisableRules): number {
  return Math.min(behindMsMax, Math.max(behindMsMin, minMs));
}

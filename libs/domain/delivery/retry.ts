/** When to try again, and in which tier to wait for it. */
import type { RetryPolicy } from '../webhook/webhook.ts';

/** The tiers in order; each is a topic webhook.retry.<name>. */
export const retryTiers = [
  { name: '5s', delayMs: 5_000 },
  { name: '30s', delayMs: 30_000 },
  { name: '2m', delayMs: 120_000 },
  { name: '10m', delayMs: 600_000 },
  { name: '1h', delayMs: 3_600_000 },
  { name: '6h', delayMs: 21_600_000 },
] as const;

export type RetryTier = (typeof retryTiers)[number];
export type RetryTierName = RetryTier['name'];

/** Retry-After and policies alike end here: 24 h. */
export const retryDelayMsMax = 86_400_000;

/**
 * Delay before the attempt that follows attempt `attempt` (from 1), in milliseconds:
 * base × factor^(attempt−1), no more than the policy's longest, jittered, never under `retryAfterMs`.
 * `random` is in [0, 1).
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  retryAfterMs: number | null,
  random: number,
): number {
  const jittered = plainDelayMs(policy, attempt) * (1 + policy.jitter * (2 * random - 1));
  return Math.round(Math.min(Math.max(jittered, retryAfterMs ?? 0), retryDelayMsMax));
}

/** From the first attempt to attempt `attempt` (from 1), without jitter, in milliseconds. */
export function triedForMs(policy: RetryPolicy, attempt: number): number {
  let sum = 0;
  for (let no = 1; no < attempt; no += 1) sum += plainDelayMs(policy, no);
  return sum;
}

function plainDelayMs({ baseDelayMs, backoffFactor, maxDelayMs }: RetryPolicy, attempt: number): number {
  return Math.min(baseDelayMs * backoffFactor ** (attempt - 1), maxDelayMs);
}

/** The longest that a delay in this tier can be: the next one takes what is as long as that. */
export function retryWaitMsMax(tier: RetryTier): number {
  return retryTiers.find(({ delayMs }) => delayMs > tier.delayMs)?.delayMs ?? retryDelayMsMax;
}

/** The longest tier that is not longer than the delay; the first one for anything shorter. */
export function tierFor(delayMs: number): RetryTier {
  return retryTiers.findLast((tier) => tier.delayMs <= delayMs) ?? retryTiers[0];
}

/**
 * The circuit breaker of a webhook, as its outcomes tell of it. The breaker itself is the dispatcher's
 * (libs/sender/breaker.ts), in the memory of the process that has the webhook: this says what it comes to, for whoever
 * knows the outcomes alone.
 */
import type { WebhookHealth } from './webhook-health.ts';

export type BreakerState = 'open' | 'halfOpen' | 'closed';

/** What opens a breaker: so many attempts within the window, more than half of them failures. */
export const breakerRule = { failuresToOpen: 5, openMs: 10_000, windowMs: 120_000 } as const;

export function breakerStateOf(
  health: Pick<WebhookHealth, 'state' | 'consecutiveFailures' | 'lastFailureAt' | 'windows'>,
  now: number,
): BreakerState {
  const { lastFailureAt } = health;
  // A success closes it, and nobody keeps one that is not probed.
  if (health.state !== 'failing' || lastFailureAt === null) return 'closed';
  const sinceMs = now - lastFailureAt;
  if (sinceMs >= breakerRule.openMs + breakerRule.windowMs || !hasOpened(health, lastFailureAt)) return 'closed';
  return sinceMs < breakerRule.openMs ? 'open' : 'halfOpen';
}

function hasOpened(
  { consecutiveFailures, windows }: Pick<WebhookHealth, 'consecutiveFailures' | 'windows'>,
  lastFailureAt: number,
): boolean {
  if (consecutiveFailures >= breakerRule.failuresToOpen) return true;
  const recent = windows['5m'].filter(([startMs]) => startMs > lastFailureAt - breakerRule.windowMs);
  const failed = recent.reduce((sum, bucket) => sum + bucket[2], 0);
  const attempts = failed + recent.reduce((sum, bucket) => sum + bucket[1], 0);
  return attempts >= breakerRule.failuresToOpen && failed * 2 > attempts;
}

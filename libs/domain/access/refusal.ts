/**
 * Answers by which an endpoint refuses as a whole: 401, 403, 404, 407, 421 and 423. Routers, gateways and firewalls give them while what is
 * behind them is exchanged, so of an endpoint that has worked of late they are not final at once.
 */
import { triedForMs } from '../delivery/retry.ts';
import type { RetryPolicy } from '../webhook/webhook.ts';

const refusals: ReadonlySet<number> = new Set([401, 403, 404, 407, 421, 423]);

export function isRefusal(code: number): boolean {
  return refusals.has(code);
}

export interface RefusalGrace {
  /** How long refusals are tried again; 0: not at all. */
  readonly graceMs: number;
  /** For how long the endpoint has refused everything; null: it did not work before. */
  readonly refusesForMs: number | null;
}

/**
 * True when the attempt that was refused is followed by another. Final is what was tried for so long, by an endpoint that has refused for
 * so long. How long a delivery was tried follows from its policy alone: no attempt is made sooner.
 */
export function isPassingRefusal(
  { graceMs, refusesForMs }: RefusalGrace,
  policy: RetryPolicy,
  attempt: number,
): boolean {
  if (refusesForMs === null) return false;
  return refusesForMs < graceMs || triedForMs(policy, attempt) * (1 - policy.jitter) < graceMs;
}

/**
 * A webhook that failures disabled comes back step by step: pinged with growing pauses, then drained at a growing
 * pace. What must hold: the pace is a function of the definition and the clock alone, so every dispatcher keeps the
 * same one, and it ends by itself.
 */
import type { WebhookDefinition } from '../webhook/webhook.ts';

/** Deliveries per second at the begin and at the end of a recovery. */
export const recoveryPaceMin = 1;
export const recoveryPaceMax = 200;

type Recovering = Pick<WebhookDefinition, 'recoveringSince' | 'recoveringUntil'>;

/**
 * Most deliveries per second; null when it does not recover (any more). Doubles about every eighth of the recovery.
 * A recovery that begins later than it lasts is of another clock than ours, and is not waited for.
 */
export function recoveryPace({ recoveringSince, recoveringUntil }: Recovering, now: number): number | null {
  if (recoveringSince === null || recoveringUntil === null || now >= recoveringUntil) return null;
  const lengthMs = recoveringUntil - recoveringSince;
  if (recoveringSince - now > lengthMs) return null;
  const part = Math.max(0, now - recoveringSince) / lengthMs;
  return recoveryPaceMin * (recoveryPaceMax / recoveryPaceMin) ** part;
}

/** Pings become rarer up to this, 24 h. */
export const pingIntervalMsMax = 86_400_000;

/** From one ping to the next, in milliseconds: twice as long after each that failed. */
export function pingIntervalMs(intervalMs: number, failedPings: number): number {
  return Math.min(intervalMs * 2 ** Math.min(failedPings, 20), Math.max(intervalMs, pingIntervalMsMax));
}

/**
 * Whether more comes for a webhook than goes. In: its outcomes in topic order, and whether something waits that was
 * never tried. What must hold: a stand-still of ours is not called the endpoint's. While nothing is sent there are no
 * late attempts, and when it goes on, what gathered goes within a minute unless the endpoint takes longer.
 */
import type { DeliveryOutcome } from '../delivery/outcome.ts';

/** A run of first attempts each of which began late, by when the attempts began: Unix milliseconds. */
export interface LateAttempts {
  readonly since: number;
  readonly lastAt: number;
}

/** A delivery that is not tried for so long is late. */
export const lateAfterMs = 60_000;
/** Longer than it takes to send what gathered during a stand-still to an endpoint that keeps up. */
const lateForMs = 60_000;
/** Nothing is said of what was longer ago. An attempt takes 30 s at most, and its outcome a moment to be known. */
const recentMs = 300_000;

/**
 * @param outcome of an attempt that was made, and of no ping
 * @param heldUntil Unix milliseconds: until then its webhook was paused, and nothing could begin
 */
export function lateAfter(
  late: LateAttempts | null,
  { attempt, startedAt, deliveryCreatedAt }: Pick<DeliveryOutcome, 'attempt' | 'startedAt' | 'deliveryCreatedAt'>,
  heldUntil = 0,
): LateAttempts | null {
  // A retry is late on purpose.
  if (attempt !== 1) return late;
  if (startedAt - Math.max(deliveryCreatedAt, heldUntil) <= lateAfterMs) return null;
  if (late === null || startedAt - late.lastAt > recentMs) return { since: startedAt, lastAt: startedAt };
  return { since: Math.min(late.since, startedAt), lastAt: Math.max(late.lastAt, startedAt) };
}

/** @param hasLateUntried a delivery waits for longer than {@link lateAfterMs}, and none of its attempts was made */
export function isFallingBehind(late: LateAttempts | null, hasLateUntried: boolean, now: number): boolean {
  return hasLateUntried && late !== null && late.lastAt - late.since >= lateForMs && now - late.lastAt <= recentMs;
}

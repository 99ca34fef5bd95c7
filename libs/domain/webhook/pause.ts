/**
 * A pause that holds: nothing is sent to the webhook, and nothing that waits for it ends. What must hold: whether it is
 * paused, and at which pace what waited goes out afterwards, is a function of the definition and the clock alone, so every
 * dispatcher says the same; a pause ends by itself before Kafka forgets what waits.
 */

/** All times in Unix milliseconds; both null: it was never paused since it was last enabled. */
export interface Pause {
  readonly pausedSince: number | null;
  /** When it ends, or ended. */
  readonly pausedUntil: number | null;
}

/** However long the pause was, so long what waited goes out at a growing pace at most, in milliseconds. */
export const drainMsMax = 600_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** Of webhook.deliveries.parked (libs/wire/topics.ts), less a day in which what waited can go out. */
const keptMs = 29 * dayMs;

export function isPaused({ pausedUntil }: Pick<Pause, 'pausedUntil'>, now: number): boolean {
  return pausedUntil !== null && now < pausedUntil;
}

/** True of a moment in the last pause. */
export function isWithinPause({ pausedSince = null, pausedUntil = null }: Partial<Pause>, at: number): boolean {
  return pausedSince !== null && pausedUntil !== null && at >= pausedSince && at < pausedUntil;
}

/** How much of the time between two moments was paused: a delivery does not grow older meanwhile. Milliseconds. */
export function pausedMsBetween(
  { pausedSince = null, pausedUntil = null }: Partial<Pause>,
  from: number,
  to: number,
): number {
  if (pausedSince === null || pausedUntil === null) return 0;
  return Math.max(0, Math.min(to, pausedUntil) - Math.max(from, pausedSince));
}

/** From when to when what waited goes out at the growing pace of a recovery (libs/domain/health/recovery.ts). */
export function drainAfter({ pausedSince, pausedUntil }: Pause): {
  readonly recoveringSince: number | null;
  readonly recoveringUntil: number | null;
} {
  if (pausedSince === null || pausedUntil === null) return { recoveringSince: null, recoveringUntil: null };
  const lengthMs = Math.min(Math.max(0, pausedUntil - pausedSince), drainMsMax);
  return { recoveringSince: pausedUntil, recoveringUntil: pausedUntil + lengthMs };
}

/** Until when what waits goes out at a growing pace, whether it was paused or pings enabled it; null: it does not. */
export function paceNow(
  webhook: Pause & { readonly recoveringSince: number | null; readonly recoveringUntil: number | null },
  now: number,
): ReturnType<typeof drainAfter> {
  const { recoveringSince, recoveringUntil } = webhook;
  if (recoveringUntil !== null) return { recoveringSince, recoveringUntil };
  const drain = drainAfter(webhook);
  const isDraining = (drain.recoveringUntil ?? 0) > now && !isPaused(webhook, now);
  return isDraining ? drain : { recoveringSince: null, recoveringUntil: null };
}

/**
 * The longest that a pause may last, in milliseconds: as long as a delivery may wait without one, and so that Kafka still has
 * the oldest of them in the end.
 * @param deliveryAgeMs DELIVERY_MAX_AGE_HOURS
 */
export function pauseMsMax(deliveryAgeMs: number): number {
  return Math.max(hourMs, Math.min(deliveryAgeMs, keptMs - deliveryAgeMs));
}

/**
 * A pause that holds: nothing is sent to the webhook, and nothing that waits for it ends. What must hold: whether it is
 * paused, and at which pace what waited goes out afterwards, is a function of the definition and the clock alone, so every
 * dispatcher says the same; a pause ends by itself before Kafka forgets what waits.
 */
import { dayMs } from '../day.ts';

/** Unix milliseconds. */
export interface PauseInterval {
  readonly since: number;
  readonly until: number;
}

/** All times in Unix milliseconds; both null: it was never paused since it was last enabled. */
export interface Pause {
  readonly pausedSince: number | null;
  /** When it ends, or ended. */
  readonly pausedUntil: number | null;
  /** Those before it through which something that waits may have waited, oldest first, {@link earlierPausesMax} at most. */
  readonly earlierPauses?: readonly PauseInterval[];
}

/** However long the pause was, so long what waited goes out at a growing pace at most, in milliseconds. */
export const drainMsMax = 600_000;
export const earlierPausesMax = 16;
const hourMs = 3_600_000;
/** Of webhook.deliveries.parked (libs/wire/topics.ts), less a day in which what waited can go out. */
const keptMs = 29 * dayMs;

export function isPaused({ pausedUntil }: Pick<Pause, 'pausedUntil'>, now: number): boolean {
  return pausedUntil !== null && now < pausedUntil;
}

/** All pauses that are known, oldest first. */
export function pausesOf(pause: Partial<Pause>): readonly PauseInterval[] {
  const { pausedSince = null, pausedUntil = null, earlierPauses = [] } = pause;
  if (pausedSince === null || pausedUntil === null) return [];
  return [...earlierPauses, { since: pausedSince, until: pausedUntil }];
}

/** True of a moment in a pause. */
export function isWithinPause(pause: Partial<Pause>, at: number): boolean {
  return pausesOf(pause).some(({ since, until }) => at >= since && at < until);
}

/** How much of the time between two moments was paused: a delivery does not grow older meanwhile. Milliseconds. */
export function pausedMsBetween(pause: Partial<Pause>, from: number, to: number): number {
  return pausesOf(pause).reduce(
    (sum, { since, until }) => sum + Math.max(0, Math.min(to, until) - Math.max(from, since)),
    0,
  );
}

/**
 * The pauses that a new one has to remember: those through which something that waits now may have waited. Of more than may be
 * kept the two nearest are taken for one, so that nothing grows older by it.
 * @param deliveryAgeMs DELIVERY_MAX_AGE_HOURS
 */
export function pausesToKeep(pause: Pause, now: number, deliveryAgeMs: number): readonly PauseInterval[] {
  const kept = pausesOf(pause).filter(({ until }) => freeAt(pause, until, now, deliveryAgeMs) >= now);
  while (kept.length > earlierPausesMax) {
    const gaps = kept.slice(1).map(({ since }, at) => since - (kept[at]?.until ?? 0));
    const at = gaps.indexOf(Math.min(...gaps));
    const [first, second] = kept.slice(at, at + 2);
    if (first === undefined || second === undefined) break;
    kept.splice(at, 2, { since: first.since, until: second.until });
  }
  return kept;
}

/** When nothing that waited at `from` can wait any longer, unless it is paused again. Unix milliseconds. */
function freeAt(pause: Pause, from: number, now: number, deliveryAgeMs: number): number {
  return from + deliveryAgeMs + pausedMsBetween(pause, from, now);
}

/** When the oldest pause no longer limits another one, unless it is paused again. Unix milliseconds. */
export function lessHeldAt(pause: Pause, now: number, deliveryAgeMs: number): number {
  const oldest = pausesToKeep(pause, now, deliveryAgeMs)[0];
  return oldest === undefined ? now : freeAt(pause, oldest.until, now, deliveryAgeMs);
}

/**
 * From when to when what waited goes out at the growing pace of a recovery (libs/domain/health/recovery.ts): as long as the last
 * pause was, and those together that ended so shortly before it that what they held may wait still.
 */
export function drainAfter({ pausedSince, pausedUntil, earlierPauses = [] }: Pause): {
  readonly recoveringSince: number | null;
  readonly recoveringUntil: number | null;
} {
  if (pausedSince === null || pausedUntil === null) return { recoveringSince: null, recoveringUntil: null };
  let begin = pausedSince;
  let heldMs = Math.max(0, pausedUntil - pausedSince);
  for (const { since, until } of earlierPauses.toReversed()) {
    if (begin - until >= Math.min(until - since, drainMsMax)) break;
    heldMs += until - since;
    begin = since;
  }
  const lengthMs = Math.min(heldMs, drainMsMax);
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
 * the oldest of them in the end. 0: it may not begin.
 * @param deliveryAgeMs DELIVERY_MAX_AGE_HOURS
 * @param earlier pauses through which what waits may have waited ({@link pausesToKeep})
 */
export function pauseMsMax(deliveryAgeMs: number, earlier: readonly PauseInterval[] = []): number {
  const heldMs = earlier.reduce((sum, { since, until }) => sum + until - since, 0);
  const leastMs = heldMs === 0 ? hourMs : 0;
  return Math.max(leastMs, Math.min(deliveryAgeMs, keptMs - deliveryAgeMs - heldMs));
}

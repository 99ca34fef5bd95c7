/**
 * When a retry is looked at and when it is due, on the monotonic clock of this process. A record carries times of the
 * clocks of other hosts; they are converted here, once, and nothing waits for them afterwards.
 * Holds: no record keeps its place for longer than its tier's delay after it was read, whatever it says.
 */
import { retryWaitMsMax, type RetryTier } from '../../libs/domain/delivery/retry.ts';

export interface DueTimes {
  /** When it has had its tier's delay, or is due before that. */
  readonly lookAt: number;
  /** Before this it must not be attempted. In the past when it was read late. */
  readonly dueAt: number;
  /** Its own `notBefore` is not believed: whoever writes it again writes the moment above. */
  readonly isCorrected: boolean;
}

export interface Clocks {
  /** Monotonic. */
  readonly now: number;
  /** Unix milliseconds at the same moment. */
  readonly wallNow: number;
}

/** How far the clocks of hosts may be apart without any effect. */
export const clocksApartMsMax = 60_000;

/**
 * A retry that asks for more than its tier is for was written, or is read, by a host whose clock is wrong or was set.
 * Nothing tells how long it has waited: it waits as long as its writer meant, from now.
 */
export function dueTimesOf(
  record: { readonly notBefore: number; readonly writtenAt: number },
  tier: RetryTier,
  { now, wallNow }: Clocks,
): DueTimes {
  const waitMsMax = retryWaitMsMax(tier);
  const askedMs = record.notBefore - wallNow;
  const isPlausible = askedMs <= waitMsMax + clocksApartMsMax;
  const waitMs = isPlausible ? Math.min(askedMs, waitMsMax) : meantMs(record, tier);
  const inTierMs = Math.min(record.writtenAt + tier.delayMs - wallNow, tier.delayMs);
  return { lookAt: now + Math.min(waitMs, inTierMs), dueAt: now + waitMs, isCorrected: !isPlausible };
}

/** Both times are of the clock of the writer, unless it is one that only passed the retry on to another tier. */
function meantMs({ notBefore, writtenAt }: { notBefore: number; writtenAt: number }, tier: RetryTier): number {
  const meant = notBefore - writtenAt;
  return meant >= 0 && meant <= retryWaitMsMax(tier) ? meant : tier.delayMs;
}

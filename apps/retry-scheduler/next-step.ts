/** What becomes of a delivery that has waited its tier's time in the log. */
import { retryTiers, tierFor, type RetryTierName } from '../../libs/domain/retry.ts';

export type NextStep =
  | { readonly kind: 'due' }
  /** Kept in memory until it is due. */
  | { readonly kind: 'hold' }
  /** Written again, to wait in the log of this tier. */
  | { readonly kind: 'hop'; readonly tier: RetryTierName };

/** What there is room for. */
export interface Room {
  /** Memory, for another delivery that is held. */
  readonly inMemory: boolean;
  /** The span of offsets of its partition: the lowest incomplete one must not lie too far behind the newest. */
  readonly inPartition: boolean;
}

/**
 * The longest that a delivery waits in memory when there is room. Its offset is incomplete meanwhile, and a partition
 * can only be committed within a span of offsets: who waits for hours must not be in its way.
 */
export const holdMsMax = 120_000;
const [firstTier, secondTier] = retryTiers;

/**
 * A delivery that has less than the shortest tier's time left is held in any case. One that would wait in the first
 * tier is in memory there too, so going there helps its partition but not memory.
 */
export function nextStep(notBefore: number, now: number, room: Room): NextStep {
  const restMs = notBefore - now;
  if (restMs <= 0) return { kind: 'due' };
  if (restMs < firstTier.delayMs) return { kind: 'hold' };
  const canHold = room.inPartition && (restMs < secondTier.delayMs || (restMs <= holdMsMax && room.inMemory));
  return canHold ? { kind: 'hold' } : { kind: 'hop', tier: tierFor(restMs).name };
}

/** What becomes of a delivery that has waited its tier's time in the log. */
import { retryTiers, tierFor, type RetryTierName } from '../../libs/domain/delivery/retry.ts';

export type NextStep =
  | { readonly kind: 'due' }
  /** Kept in memory, and looked at again then. */
  | { readonly kind: 'hold'; readonly until: number }
  /** Written again, to wait in the log of this tier. */
  | { readonly kind: 'hop'; readonly tier: RetryTierName };

export interface Circumstances {
  /**
   * So much was read of its partition since that the reading will soon have to stop for this one: it goes to the end of
   * a log, unless it is due before that helps.
   */
  readonly isInTheWay: boolean;
  /** Most of the memory is free. */
  readonly isRoomy: boolean;
}

const [firstTier, secondTier] = retryTiers;
/** With room, a delivery rather waits here than to be written and read once more. */
const roomyHoldMsMax = 120_000;

/**
 * Under 30 s are kept in memory: the first tier, which is the only one that could take them, would keep them there too.
 */
export function nextStep(dueAt: number, now: number, { isInTheWay, isRoomy }: Circumstances): NextStep {
  const restMs = dueAt - now;
  if (restMs <= 0) return { kind: 'due' };
  if (restMs < firstTier.delayMs) return { kind: 'hold', until: dueAt };
  const isHeld = !isInTheWay && (restMs < secondTier.delayMs || (isRoomy && restMs <= roomyHoldMsMax));
  if (!isHeld) return { kind: 'hop', tier: tierFor(restMs).name };
  return { kind: 'hold', until: Math.min(dueAt, now + firstTier.delayMs) };
}

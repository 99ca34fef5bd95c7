/**
 * In: definitions, and what endpoints answered. Out: whether an endpoint worked within a day, so that a 404 of it is more likely a
 * redeploy than a mistake. Holds: what happened before this member had its partitions is not known, and then the endpoint is taken
 * for one that worked, unless its webhook was made, or moved, before our eyes; a few numbers per webhook that was sent to, no more.
 */
import { isSuccessCode, type AnswerCodes } from '../../../libs/domain/delivery/answer-codes.ts';
import type { AttemptResult } from '../../../libs/domain/delivery/attempt.ts';
import { isRefusal } from '../../../libs/domain/access/refusal.ts';
import { pausedMsBetween, type Pause } from '../../../libs/domain/webhook/pause.ts';
import { dayMs } from '../../../libs/domain/day.ts';

interface Known {
  /** All times on the monotonic clock. The last success; null: none that was seen here. */
  workedAt: number | null;
  /** Since when it refuses, without any other answer between; null: it does not. */
  refusesSince: number | null;
  /** When it got its present URL; null: before we looked. */
  readonly newAt: number | null;
}

/** Of two moments on the monotonic clock, in milliseconds. */
type PausedMs = (from: number, to: number) => number;

/** @param unixNow and now: the same moment on both clocks */
export function pausedBefore(pause: Partial<Pause>, unixNow: number, now: number): PausedMs {
  const offsetMs = unixNow - now;
  return (from, to) => pausedMsBetween(pause, from + offsetMs, to + offsetMs);
}

export class WorkedEndpoints {
  private readonly known = new Map<string, Known>();
  private isLive = false;
  private assignedAt = 0;

  /** The table of definitions is complete: what is new in it from now on is new. */
  live(): void {
    this.isLive = true;
  }

  /** Partitions have come: of their webhooks another member may know more. */
  assigned(now: number): void {
    this.assignedAt = now;
  }

  /** @param before and after `targetVersion` of the definition; null: there is none */
  defined(webhookId: string, before: number | null, after: number | null, now: number): void {
    if (before === after) return;
    this.known.delete(webhookId);
    if (after !== null && this.isLive) this.known.set(webhookId, { workedAt: null, refusesSince: null, newAt: now });
  }

  /** @param codes of its webhook, which may take a refusal for a success */
  answered(webhookId: string, result: AttemptResult, now: number, codes: AnswerCodes<string>): void {
    if (result.kind !== 'answer') return;
    const known = this.known.get(webhookId) ?? this.add(webhookId);
    const isSuccess = isSuccessCode(result.code, codes);
    if (!isSuccess && isRefusal(result.code)) {
      known.refusesSince ??= now;
      return;
    }
    known.refusesSince = null;
    if (isSuccess) known.workedAt = now;
  }

  /**
   * For how long it has refused; null when it did not work within a day before. Paused time does not count.
   * @param hasMoved it was an URL of before that refused, and the next attempt goes to the present one
   * @param pausedMs how much of the time between two moments its webhook was paused ({@link pausedBefore})
   */
  refusesForMs(webhookId: string, now: number, hasMoved = false, pausedMs: PausedMs = () => 0): number | null {
    if (hasMoved) return 0;
    const lengthMs = (from: number, to: number) => to - from - pausedMs(from, to);
    const known = this.known.get(webhookId);
    const refusesSince = known?.refusesSince ?? now;
    const workedAt = known?.workedAt ?? null;
    if (workedAt !== null) return lengthMs(workedAt, refusesSince) < dayMs ? lengthMs(refusesSince, now) : null;
    const newAt = known?.newAt ?? null;
    // Somebody else may have seen it work after it was made, if its partition has come since.
    if (newAt !== null && newAt >= this.assignedAt) return null;
    return lengthMs(this.assignedAt, refusesSince) < dayMs ? lengthMs(refusesSince, now) : null;
  }

  private add(webhookId: string): Known {
    const known = { workedAt: null, refusesSince: null, newAt: null };
    this.known.set(webhookId, known);
    return known;
  }
}

/**
 * How many requests each caller may make: GCRA (ITU-T I.371, virtual scheduling), a token bucket that is one number per
 * caller. In: a caller and the monotonic time. Out: go on, or how long to wait. Holds: in any span of time a caller is let through
 * at most `burst` times plus `perSecond` for each second of it; memory is bounded, however many callers there are.
 */

export interface RequestRateLimit {
  /** Requests per second in the long run; 0: no limit. */
  readonly perSecond: number;
  /** Requests at once after a pause, 1 at least. */
  readonly burst: number;
}

/** Callers that are remembered. Whoever paused long enough is forgotten without a difference. */
export const callersMax = 10_000;

/** Of sums of fractions of milliseconds. */
const rounding = 1e-6;

export class RequestRate {
  private readonly intervalMs: number;
  private readonly toleranceMs: number;
  /** By caller, in the order of their last request: when all that it did is paid off. */
  private readonly paidOffAt = new Map<string, number>();

  constructor({ perSecond, burst }: RequestRateLimit) {
    this.intervalMs = perSecond === 0 ? 0 : 1000 / perSecond;
    this.toleranceMs = this.intervalMs * (Math.max(burst, 1) - 1);
  }

  get size(): number {
    return this.paidOffAt.size;
  }

  /** Null: let through. Else milliseconds after which the next one would be; what is refused costs nothing. */
  take(caller: string, now: number): number | null {
    if (this.intervalMs === 0) return null;
    const known = this.paidOffAt.get(caller);
    const from = Math.max(known ?? now, now);
    const waitMs = from - this.toleranceMs - now;
    if (waitMs > 0) return waitMs;
    this.paidOffAt.delete(caller);
    if (this.paidOffAt.size >= callersMax) this.forget(now);
    this.paidOffAt.set(caller, from + this.intervalMs);
    return null;
  }

  /** What a caller may still do at once, and in how many milliseconds it may do everything again. Null: no limit. */
  left(caller: string, now: number): { readonly requests: number; readonly fullInMs: number } | null {
    if (this.intervalMs === 0) return null;
    const fullInMs = Math.max(0, (this.paidOffAt.get(caller) ?? now) - now);
    // A request is let through while what is owed is no more than the tolerance.
    const requests = Math.floor((this.toleranceMs - fullInMs) / this.intervalMs + 1 + rounding);
    return { requests: Math.max(0, requests), fullInMs };
  }

  /** What was let through at `now` or before turned out to count for nothing. */
  giveBack(caller: string): void {
    const known = this.paidOffAt.get(caller);
    if (known !== undefined) this.paidOffAt.set(caller, known - this.intervalMs);
  }

  /** Those who paid everything off, else the one that has been quiet for longest. */
  private forget(now: number): void {
    for (const [caller, at] of this.paidOffAt) if (at <= now) this.paidOffAt.delete(caller);
    if (this.paidOffAt.size < callersMax) return;
    const [quietest] = this.paidOffAt.keys();
    if (quietest !== undefined) this.paidOffAt.delete(quietest);
  }
}

/**
 * The attempts in flight of the whole process. Those that take long have a bound of their own, four times as large, so
 * that endpoints that hang use up their own places.
 */
import type { Lane, Running } from './lane.ts';
import type { LaneItem } from './lane-item.ts';

export class AttemptSlots {
  private readonly options: { readonly maxInFlight: number; readonly slowAfterMs: number };
  /** In the order of their starts. */
  private readonly running = new Set<Running>();
  private slow = 0;

  constructor(options: { readonly maxInFlight: number; readonly slowAfterMs: number }) {
    this.options = options;
  }

  get inFlight(): number {
    return this.running.size;
  }

  get isFree(): boolean {
    const { maxInFlight } = this.options;
    return this.running.size - this.slow < maxInFlight && this.running.size < maxInFlight * 4;
  }

  start(lane: Lane, item: LaneItem, now: number): Running {
    const attempt = { lane, item, startedAt: now, slow: false };
    this.running.add(attempt);
    return attempt;
  }

  end(attempt: Running): void {
    this.running.delete(attempt);
    if (attempt.slow) this.slow -= 1;
  }

  /** Call some times a second. */
  markSlow(now: number): void {
    for (const attempt of this.running) {
      if (now - attempt.startedAt < this.options.slowAfterMs) break;
      if (!attempt.slow) this.slow += 1;
      attempt.slow = true;
      attempt.lane.isSlow = true;
    }
  }
}

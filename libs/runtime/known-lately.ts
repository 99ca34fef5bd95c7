/**
 * What was found to be there, believed for a while. In: ids. Out: whether one was found so lately that it need not be asked for again.
 * Holds: what goes is noticed within that while, however often it is named; memory is bounded, the oldest go first.
 */
import { monotonicMs } from './monotonic.ts';

export class KnownLately {
  private readonly max: number;
  private readonly forMs: number;
  private readonly now: () => number;
  /** Until when each is believed, in the order in which they were found. */
  private readonly until = new Map<string, number>();

  /** @param max ids, 1 or more  @param forMs milliseconds  @param now monotonic milliseconds */
  constructor(max: number, forMs = 60_000, now: () => number = monotonicMs) {
    this.max = max;
    this.forMs = forMs;
    this.now = now;
  }

  has(id: string): boolean {
    const until = this.until.get(id);
    return until !== undefined && until > this.now();
  }

  add(id: string): void {
    this.until.delete(id);
    this.until.set(id, this.now() + this.forMs);
    if (this.until.size <= this.max) return;
    const [oldest] = this.until.keys();
    if (oldest !== undefined) this.until.delete(oldest);
  }
}

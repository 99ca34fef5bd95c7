/** Time that a test turns: timers run in the order of their time, each with all that follows from it at once. */
import { setImmediate as everythingElse } from 'node:timers/promises';

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

export class TurnedClock {
  private time = 0;
  private readonly timers = new Set<Timer>();

  readonly now = (): number => this.time;
  readonly wallMs = (): number => 1_700_000_000_000 + Math.floor(this.time);

  readonly after = (ms: number, work: () => void): (() => void) => {
    const timer = { at: this.time + ms, work };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  /** Up to that moment, or until it is so. */
  async turn(untilMs: number, isSo: () => boolean = () => false): Promise<void> {
    await everythingElse();
    while (!isSo()) {
      let next: Timer | null = null;
      for (const timer of this.timers) if (next === null || timer.at < next.at) next = timer;
      if (next === null || next.at > untilMs) {
        this.time = Math.max(this.time, untilMs);
        return;
      }
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.work();
      await everythingElse();
    }
  }
}

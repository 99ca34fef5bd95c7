/** A slice that was handed to the sink: which of its events have not ended, and whoever waits for that. */
import type { SliceEvent } from './slice.ts';

export class Flight {
  /** Withdraws what was not sent. */
  readonly withdrawal = new AbortController();
  readonly open: Set<SliceEvent>;
  private wake: (() => void) | null = null;

  constructor(events: readonly SliceEvent[]) {
    this.open = new Set(events);
  }

  ended(event: SliceEvent): void {
    this.open.delete(event);
    if (this.open.size === 0) this.lookAgain();
  }

  /** Resolves after `ms`, or when there may be news for whoever waits; one waits at a time. */
  news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.lookAgain();
      }, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  lookAgain(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }
}

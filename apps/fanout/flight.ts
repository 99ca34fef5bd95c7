/** A slice that was handed to the sink: which of its events have not ended, and whoever waits for that. */
import type { SliceEvent } from './slice.ts';

export class Flight {
  readonly open: Set<SliceEvent>;
  private wake: (() => void) | null = null;

  constructor(events: readonly SliceEvent[]) {
    this.open = new Set(events);
  }

  ended(event: SliceEvent): void {
    this.open.delete(event);
    if (this.open.size === 0) this.lookAgain();
  }

  /** Resolves when there is news for whoever waits; one waits at a time. */
  news(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  lookAgain(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }
}

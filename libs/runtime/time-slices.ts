/**
 * Long work in short turns: between them everybody else of the process gets theirs. Without it heartbeats, health and
 * the requests of others wait for as long as the work takes.
 */
import { setImmediate as othersFirst } from 'node:timers/promises';
import { monotonicMs } from './monotonic.ts';

const turnMsDefault = 10;

export class TimeSlices {
  private readonly turnMs: number;
  private readonly now: () => number;
  private endsAt: number;

  constructor(turnMs = turnMsDefault, now: () => number = monotonicMs) {
    this.turnMs = turnMs;
    this.now = now;
    this.endsAt = now() + turnMs;
  }

  /** To be asked between pieces of the work. Null: go on; else to be awaited first. */
  over(): Promise<void> | null {
    return this.now() < this.endsAt ? null : this.pass();
  }

  private async pass(): Promise<void> {
    await othersFirst();
    this.endsAt = this.now() + this.turnMs;
  }
}

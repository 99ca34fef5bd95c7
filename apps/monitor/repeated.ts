/**
 * Runs a job again and again, never twice at once. A job that fails is tried again sooner; nothing ends with it. A stop
 * says so to a run that is under way and waits for it, but not for ever: whatever it does is done again by whoever comes next.
 */
import { setTimeout as pause } from 'node:timers/promises';

export interface RepeatedJob {
  /** Returns when to run again, in milliseconds from now. @param signal aborted when it is to end soon */
  run(signal: AbortSignal): Promise<number>;
  /** The same when it failed. */
  failed(error: unknown): number;
}

export class Repeated {
  private readonly job: RepeatedJob;
  private readonly stopMsMax: number;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  /** @param stopMsMax of what a process has to stop, this is the first part */
  constructor(job: RepeatedJob, stopMsMax = 3_000) {
    this.job = job;
    this.stopMsMax = stopMsMax;
  }

  start(): void {
    const { signal } = this.stopping;
    if (signal.aborted) return;
    this.running = this.job
      .run(signal)
      .catch((error: unknown) => this.job.failed(error))
      .then((delayMs) => {
        if (signal.aborted) return;
        this.timer = setTimeout(() => {
          this.start();
        }, delayMs);
      });
  }

  /** Resolves when a run that is under way is done, or does not end. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.timer !== null) clearTimeout(this.timer);
    const done = new AbortController();
    const late = pause(this.stopMsMax, undefined, { signal: done.signal }).catch(() => undefined);
    await Promise.race([this.running, late]);
    done.abort();
  }
}

/** Runs a job again and again, never twice at once. A job that fails is tried again sooner; nothing ends with it. */
export interface RepeatedJob {
  /** Returns when to run again, in milliseconds from now. */
  run(): Promise<number>;
  /** The same when it failed. */
  failed(error: unknown): number;
}

export class Repeated {
  private readonly job: RepeatedJob;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(job: RepeatedJob) {
    this.job = job;
  }

  start(): void {
    if (this.isStopped) return;
    this.running = this.job
      .run()
      .catch((error: unknown) => this.job.failed(error))
      .then((delayMs) => {
        if (this.isStopped) return;
        this.timer = setTimeout(() => {
          this.start();
        }, delayMs);
      });
  }

  /** Resolves when a run that is under way is done. */
  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }
}

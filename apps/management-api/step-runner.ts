/**
 * Repeats a step of long work until it is stopped. In: work that was asked for, here or in another process. Holds: others get their turn between
 * two steps; a step that fails is tried again, however often; whatever ends this process, another goes on.
 */
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { WakeUp } from './outbox/wake-up.ts';

export interface StepRunnerOptions {
  /** Keeps by itself how far it came. Returns when the next one is due, in milliseconds from now. */
  readonly step: () => Promise<number>;
  /** For the log. */
  readonly what: string;
  readonly logger: Logger;
}

const againMs = 2_000;
const stopMs = 3_000;

export class StepRunner {
  private readonly options: StepRunnerOptions;
  private readonly wake = new WakeUp();
  private readonly stopped = new WakeUp();
  private isStopping = false;
  private isStarted = false;

  constructor(options: StepRunnerOptions) {
    this.options = options;
  }

  start(): void {
    this.isStarted = true;
    void this.repeat().finally(() => {
      this.stopped.now();
    });
  }

  /** There is something new: no need to wait for the next look. */
  lookNow(): void {
    this.wake.now();
  }

  /** Resolves when the step that is under way has ended, or that takes too long: then it is made again later. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake.now();
    if (this.isStarted) await this.stopped.within(stopMs);
  }

  private async repeat(): Promise<void> {
    const { step, what, logger } = this.options;
    while (!this.isStopping) {
      const waitMs = await step().catch((error: unknown) => {
        logger.warn({ what, ...errorFields(error) }, 'a step failed, trying again');
        return againMs;
      });
      await this.wake.within(waitMs);
    }
  }
}

/**
 * Repeats a step of long work for as long as there is something to do. In: work that was asked for, here or in another process. Holds: others
 * get their turn between two steps; a step that fails is tried again, however often; whatever ends this process, another goes on.
 */
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { WakeUp } from '../outbox/wake-up.ts';

export interface StepRunnerOptions {
  /** One transaction, which keeps how far it came. */
  readonly step: () => Promise<'step' | 'idle' | 'elsewhere'>;
  /** For the log. */
  readonly what: string;
  readonly logger: Logger;
}

/** How often it is looked for what another process left, in milliseconds: what is asked for here is begun at once. */
const idleMs = 10_000;
/** Between two steps. */
const restMs = 20;
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
    while (!this.isStopping) {
      await this.wake.within(await this.step());
    }
  }

  /** How long to wait then, in milliseconds. */
  private async step(): Promise<number> {
    const { step, what, logger } = this.options;
    try {
      return (await step()) === 'step' ? restMs : idleMs;
    } catch (error) {
      logger.warn({ what, ...errorFields(error) }, 'a step failed, trying again');
      return againMs;
    }
  }
}

/** What is erased: events, and clients that leave. */
export class ErasureRunner extends StepRunner {}

/** Webhooks of clients that are suspended, or come back. */
export class SuspensionRunner extends StepRunner {}

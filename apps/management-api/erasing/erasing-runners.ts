/** Long work on what clients have, in steps of one transaction. */
import type { Logger } from '../../../libs/runtime/logger.ts';
import { StepRunner } from '../step-runner.ts';

/** How often it is looked for what another process left, in milliseconds: what is asked for here is begun at once. */
const idleMs = 10_000;
/** Between two steps. */
const restMs = 20;

class TransactionRunner extends StepRunner {
  constructor(what: string, step: () => Promise<'step' | 'idle' | 'elsewhere'>, logger: Logger) {
    super({ step: async () => ((await step()) === 'step' ? restMs : idleMs), what, logger });
  }
}

/** What is erased: events, and clients that leave. */
export class ErasureRunner extends TransactionRunner {}

/** Webhooks of clients that are suspended, or come back. */
export class SuspensionRunner extends TransactionRunner {}

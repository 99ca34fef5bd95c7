/**
 * How a command is made to end before it is done: by a signal, by a launcher that is gone, or by a reader that has seen
 * enough, as `head` has. What must hold: it always gets to clean up, and its exit code says what came of it.
 */
import { toldOf, type ToldFailure } from './failure.ts';

export class Ending {
  /** Of a command that has no end of its own: being ended is what it waits for. */
  isEndless = false;
  private readonly controller = new AbortController();
  private isOutputRead = true;

  constructor() {
    const stop = () => {
      this.controller.abort();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    // The launcher is gone.
    process.on('disconnect', stop);
    process.stdout.on('error', () => {
      this.isOutputRead = false;
      // What has an end goes on to it: it may be half way through what it was asked to do.
      if (this.isEndless) stop();
    });
    // Remarks that nobody reads, as after `2>&1 | head`, are no reason to leave anything behind.
    process.stderr.on('error', () => undefined);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** False once nobody reads the standard output any more. */
  get isRead(): boolean {
    return this.isOutputRead;
  }

  /** What the error says, or, where it comes of being ended, that. */
  told(error: unknown): ToldFailure {
    if (!this.signal.aborted || !isAbort(error)) return toldOf(error);
    return { kind: this.isEndless ? 'done' : 'interrupted', code: 'interrupted', lines: [] };
  }
}

/** What fetch and timers reject with when their signal is aborted. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/**
 * How a command is made to end before it is done: by a signal, by a launcher that is gone, or by a reader that has seen
 * enough, as `head` has. What must hold: it gets to clean up, unless a person who presses Ctrl-C again wants no more of it;
 * what it leaves behind then is named; and its exit code says what came of it.
 */
import { monotonicMs } from '../libs/runtime/monotonic.ts';
import { toldOf, type ToldFailure } from './failure.ts';

/** npm, too, may pass on a Ctrl-C that the terminal has sent to all: what comes so soon is the same one. */
const sameMs = 250;
/** Where nothing is to be cleaned up, what does not hear of the end is not waited for any longer. */
const unheardMs = 2_000;

export interface EndingOptions {
  /** Ends the process at once. @param leftBehind what it was about to clean up; null: nothing */
  readonly cutOff: (leftBehind: string | null) => void;
}

export class Ending {
  /** Of a command that has no end of its own: being ended is what it waits for. */
  isEndless = false;
  /** What an end at once would leave behind, as a sentence with the way to remove it; null: nothing. */
  leftBehind: string | null = null;
  private readonly controller = new AbortController();
  private isOutputRead = true;

  constructor({ cutOff }: EndingOptions) {
    const cut = () => {
      cutOff(this.leftBehind);
    };
    const stop = () => {
      if (this.signal.aborted) return;
      this.controller.abort();
      let isClean = this.leftBehind === null;
      setInterval(() => {
        if (isClean && this.leftBehind === null) cut();
        isClean = this.leftBehind === null;
      }, unheardMs).unref();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    let interruptedAt = Infinity;
    process.on('SIGINT', () => {
      const now = monotonicMs();
      if (now - interruptedAt > sameMs) cut();
      interruptedAt = Math.min(interruptedAt, now);
    });
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

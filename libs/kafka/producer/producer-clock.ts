/** Time as a producer takes it, so that a test can turn it. */
import { monotonicMs } from '../../runtime/monotonic.ts';

export interface ProducerClock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Returns what takes it back. */
  readonly after: (ms: number, work: () => void) => () => void;
  /** What a record carries. */
  readonly wallMs: () => number;
}

export const processClock: ProducerClock = {
  now: monotonicMs,
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  wallMs: Date.now,
};

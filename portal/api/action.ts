/** One thing that somebody means to do: it carries the same Idempotency-Key however often it is tried, until it was done. */
import { useState } from 'react';
import { newIntention } from './api.ts';
import { Intention } from './intention.ts';

export interface IntentionHeader {
  readonly 'Idempotency-Key': string;
}

export interface Action<Result> {
  readonly isBusy: boolean;
  /** Null: nothing went wrong at the last try. */
  readonly error: unknown;
  /** Resolves when it is over, well or not. */
  readonly run: (onDone: (result: Result) => void | Promise<void>) => Promise<void>;
  /** What went wrong was dealt with in another way. */
  readonly forget: () => void;
}

/** @param meaning what is sent, where somebody can change it between two tries */
export function useAction<Result>(
  send: (header: IntentionHeader) => Promise<Result>,
  meaning: unknown = null,
): Action<Result> {
  const [intention] = useState(() => new Intention(newIntention));
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  return {
    isBusy,
    error,
    run: async (onDone) => {
      setBusy(true);
      setError(null);
      try {
        const result = await send({ 'Idempotency-Key': intention.keyFor(meaning) });
        intention.done();
        await onDone(result);
      } catch (cause) {
        setError(cause);
      } finally {
        setBusy(false);
      }
    },
    forget: () => {
      setError(null);
    },
  };
}

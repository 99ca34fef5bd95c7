/** One thing that somebody means to do: it carries the same Idempotency-Key however often it is tried, until it was done. */
import { useRef, useState } from 'react';
import { newIntention } from './api.ts';

export interface IntentionHeader {
  readonly 'Idempotency-Key': string;
}

export interface Action<Result> {
  readonly isBusy: boolean;
  /** Null: nothing went wrong at the last try. */
  readonly error: unknown;
  /** Resolves when it is over, well or not. */
  readonly run: (onDone: (result: Result) => void | Promise<void>) => Promise<void>;
}

export function useAction<Result>(send: (header: IntentionHeader) => Promise<Result>): Action<Result> {
  const intention = useRef<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  return {
    isBusy,
    error,
    run: async (onDone) => {
      intention.current ??= newIntention();
      setBusy(true);
      setError(null);
      try {
        const result = await send({ 'Idempotency-Key': intention.current });
        intention.current = null;
        await onDone(result);
      } catch (cause) {
        setError(cause);
      } finally {
        setBusy(false);
      }
    },
  };
}

/** The stream as a component sees it: at most four changes a second, and no connection while the tab is hidden. */
import { useEffect, useRef, useState } from 'react';
import type { Query } from '../../api/reads.ts';
import { noRows, resumed, withNewRows, type KeptRows } from './kept-rows.ts';
import { followLive, type Gap, type LiveOutcome, type StreamState } from './live-stream.ts';

const drawEveryMs = 250;

export interface LiveOutcomes {
  readonly kept: KeptRows<LiveOutcome>;
  /** How many came since the page was opened. */
  readonly came: number;
  readonly state: StreamState;
  /** The last one; null: nothing is missing. */
  readonly gap: Gap | null;
  readonly resume: () => void;
  readonly retry: () => void;
}

/** @param query another one begins anew: mount it again */
export function useLiveOutcomes(query: Query, isPaused: boolean): LiveOutcomes {
  const [kept, setKept] = useState<KeptRows<LiveOutcome>>(noRows);
  const [came, setCame] = useState(0);
  const [state, setState] = useState<StreamState>({ kind: 'connecting' });
  const [gap, setGap] = useState<Gap | null>(null);
  const [tries, setTries] = useState(0);
  const lastId = useRef<string | null>(null);
  const arrived = useRef<LiveOutcome[]>([]);
  const isVisible = useVisibility();
  useEffect(() => {
    if (!isVisible) return;
    const following = new AbortController();
    const watcher = {
      onState: setState,
      onGap: setGap,
      onId: (id: string) => {
        lastId.current = id;
      },
      onOutcomes: (outcomes: readonly LiveOutcome[]) => {
        for (const outcome of outcomes) arrived.current.push(outcome);
      },
    };
    void followLive(query, lastId.current, watcher, following.signal);
    return () => {
      following.abort();
    };
    // The query is another object at each drawing; what it says stays while this is mounted.
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  }, [isVisible, tries]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (arrived.current.length === 0) return;
      const outcomes = arrived.current;
      arrived.current = [];
      setKept((before) => withNewRows(before, outcomes, isPaused));
      setCame((before) => before + outcomes.length);
    }, drawEveryMs);
    return () => {
      clearInterval(timer);
    };
  }, [isPaused]);
  return {
    kept,
    came,
    state,
    gap,
    resume: () => {
      setKept(resumed);
    },
    retry: () => {
      setTries(tries + 1);
    },
  };
}

function useVisibility(): boolean {
  const [isVisible, setIsVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const look = () => {
      setIsVisible(document.visibilityState === 'visible');
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return isVisible;
}

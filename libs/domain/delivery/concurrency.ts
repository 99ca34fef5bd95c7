/**
 * How many attempts of a `parallel` webhook run at the same time: additive increase on success, halved on a sign of
 * overload (timeout, 429, 503), as congestion control does (RFC 5681). A change is made at most once per round of
 * the current limit, so one burst of failures halves it once.
 */
export interface Concurrency {
  /** Attempts allowed in flight, 1 to the webhook's maxInFlight; fractions add up. */
  readonly limit: number;
  /** Results since the last halving. */
  readonly sinceCut: number;
}

export const initialConcurrency: Concurrency = { limit: 4, sinceCut: 0 };

export function afterResult(state: Concurrency, isOverload: boolean, maxInFlight: number): Concurrency {
  if (!isOverload) {
    return { limit: Math.min(maxInFlight, state.limit + 1 / state.limit), sinceCut: state.sinceCut + 1 };
  }
  if (state.sinceCut < Math.floor(state.limit)) return { ...state, sinceCut: state.sinceCut + 1 };
  return { limit: Math.max(1, state.limit / 2), sinceCut: 0 };
}

/** How long to wait before a process that died is started again. Pure. */

const firstDelayMs = 500;
const longestDelayMs = 30_000;

/** A process that stayed up this long starts over with the shortest delay. */
const steadyAfterMs = 60_000;

export interface BackOff {
  /** Deaths in a row, the last one included. */
  readonly deaths: number;
  readonly delayMs: number;
}

/** @param before null at the first death @param upMs how long the process had been up */
export function nextBackOff(before: BackOff | null, upMs: number): BackOff {
  const deaths = before === null || upMs >= steadyAfterMs ? 1 : before.deaths + 1;
  return { deaths, delayMs: Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(deaths - 1, 10)) };
}

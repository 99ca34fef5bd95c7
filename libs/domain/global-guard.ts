/**
 * Is it them, or is it us? When most endpoints that worked begin to fail at once, the fault is most likely our own
 * network, and nobody is to be disabled for it. In: how each endpoint did last. Out: whether disabling pauses.
 * What must hold: endpoints that have not worked for a day, or were not tried just now, have no say.
 */

export interface EndpointVote {
  /** Unix milliseconds of the latest attempt. */
  readonly attemptedAt: number;
  readonly lastSuccessAt: number | null;
  readonly isFailing: boolean;
}

export interface GuardVerdict {
  /** Endpoints with a say. */
  readonly voters: number;
  readonly failing: number;
  readonly isPaused: boolean;
}

/** An attempt speaks for so long. One from as far ahead is of a clock that was set back since, and says nothing. */
export const voteMs = 600_000;
/** An endpoint that worked within this time may say that it is our fault that it does not now. */
export const workedMs = 86_400_000;
/** With fewer failing endpoints there is no telling. */
const failingMin = 5;

export function guardVerdict(votes: Iterable<EndpointVote>, now: number): GuardVerdict {
  let voters = 0;
  let failing = 0;
  for (const { attemptedAt, lastSuccessAt, isFailing } of votes) {
    if (Math.abs(now - attemptedAt) > voteMs || lastSuccessAt === null || lastSuccessAt < now - workedMs) continue;
    voters += 1;
    if (isFailing) failing += 1;
  }
  return { voters, failing, isPaused: failing >= failingMin && failing * 2 > voters };
}

/**
 * Where the time of a delivery went. In: its attempts, and when it began. Out: milliseconds, by whose doing they were. Holds:
 * every moment from the arrival of its event to its last attempt, or to now while it is not settled, is counted once, but
 * for the time between the end of a round and the begin of the next one, in which nothing was to be done.
 */
import type { DeliveryOutcome, DeliveryStatus } from './outcome.ts';

export interface AgedAttempt {
  readonly round: string;
  /** When the round began; Unix milliseconds, as all times here. */
  readonly roundAt: number;
  readonly startedAt: number;
  readonly latencyMs: number | null;
  /** Null: none follows in its round. */
  readonly nextAttemptAt: number | null;
}

export interface AgedDelivery {
  /** When its event arrived on Kafka; null: not known. */
  readonly arrivedAt: number | null;
  /** When its first round began. */
  readonly createdAt: number;
  readonly status: DeliveryStatus;
  /** In the order they began. */
  readonly attempts: readonly AgedAttempt[];
}

export interface DeliveryAge {
  readonly fanoutMs: number | null;
  readonly ownLimitsMs: number;
  readonly retryWaitMs: number;
  readonly endpointMs: number;
}

export function deliveryAge({ arrivedAt, createdAt, status, attempts }: AgedDelivery, now: number): DeliveryAge {
  let ownLimitsMs = 0;
  let retryWaitMs = 0;
  let endpointMs = 0;
  /** From when on it may be sent, and from when on nothing is under way. */
  let dueAt = createdAt;
  let freeAt = createdAt;
  let previous: AgedAttempt | null = null;
  /** Until then nothing was sent. */
  const waitUntil = (end: number) => {
    retryWaitMs += Math.max(Math.min(dueAt, end) - freeAt, 0);
    ownLimitsMs += Math.max(end - Math.max(dueAt, freeAt), 0);
  };
  for (const attempt of attempts) {
    if (previous !== null && (attempt.round !== previous.round || previous.nextAttemptAt === null)) {
      dueAt = Math.max(attempt.roundAt, freeAt);
      freeAt = dueAt;
    }
    waitUntil(attempt.startedAt);
    const latencyMs = attempt.latencyMs ?? 0;
    endpointMs += latencyMs;
    freeAt = Math.max(freeAt, attempt.startedAt + latencyMs);
    dueAt = attempt.nextAttemptAt ?? freeAt;
    previous = attempt;
  }
  if (status === 'pending' || status === 'failed_retryable') waitUntil(now);
  const fanoutMs = arrivedAt === null ? null : Math.max(createdAt - arrivedAt, 0);
  return { fanoutMs, ownLimitsMs, retryWaitMs, endpointMs };
}

export interface TimeShares {
  readonly oursMs: number;
  readonly theirsMs: number;
}

/**
 * The same of attempts each by itself, for sums: what a round waited for its first attempt is ours, an attempt and the delay that the
 * retry policy puts behind it are theirs. That a retry began later than it was due, one attempt alone does not tell.
 */
export function timeShares(outcomes: readonly TimedOutcome[]): TimeShares {
  let oursMs = 0;
  let theirsMs = 0;
  for (const outcome of outcomes) {
    if (outcome.kind === 'ping') continue;
    const shares = timeSharesOf(outcome);
    oursMs += shares.oursMs;
    theirsMs += shares.theirsMs;
  }
  return { oursMs, theirsMs };
}

/** Of one attempt that is no ping. */
export function timeSharesOf(outcome: Omit<TimedOutcome, 'kind'>): TimeShares {
  const { attempt, startedAt, latencyMs, nextAttemptAt, deliveryCreatedAt } = outcome;
  const endedAt = startedAt + (latencyMs ?? 0);
  return {
    oursMs: attempt === 1 ? Math.max(startedAt - deliveryCreatedAt, 0) : 0,
    theirsMs: (latencyMs ?? 0) + (nextAttemptAt === null ? 0 : Math.max(nextAttemptAt - endedAt, 0)),
  };
}

type TimedOutcome = Pick<
  DeliveryOutcome,
  'kind' | 'attempt' | 'startedAt' | 'latencyMs' | 'nextAttemptAt' | 'deliveryCreatedAt'
>;

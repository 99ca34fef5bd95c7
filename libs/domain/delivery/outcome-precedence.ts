/**
 * Which of a delivery's outcomes says where it stands. Outcomes reach the history in any order and more than
 * once, so this is a total order and the delivery stands where its greatest outcome says: the later round
 * counts (a resend supersedes what was before it), within a round a delivery that arrived has arrived whatever
 * else is said, and then the latest attempt. libs/postgres/history/history-sql.ts says the same in SQL.
 */
import type { DeliveryOutcome } from './outcome.ts';

/** The fields that the order looks at. */
export type Standing = Pick<
  DeliveryOutcome,
  | 'deliveryCreatedAt'
  | 'round'
  | 'status'
  | 'startedAt'
  | 'attempt'
  | 'reason'
  | 'nextAttemptAt'
  | 'latencyMs'
  | 'responseCode'
  | 'errorKind'
>;

/** Positive when `a` counts rather than `b`; 0 only when nothing that is shown differs. */
export function comparePrecedence(a: Standing, b: Standing): number {
  return (
    a.deliveryCreatedAt - b.deliveryCreatedAt ||
    compareText(a.round, b.round) ||
    Number(a.status === 'delivered') - Number(b.status === 'delivered') ||
    a.startedAt - b.startedAt ||
    a.attempt - b.attempt ||
    compareText(a.status, b.status) ||
    compareText(a.reason ?? '', b.reason ?? '') ||
    (a.nextAttemptAt ?? 0) - (b.nextAttemptAt ?? 0) ||
    (a.latencyMs ?? -1) - (b.latencyMs ?? -1) ||
    (a.responseCode ?? 0) - (b.responseCode ?? 0) ||
    compareText(a.errorKind ?? '', b.errorKind ?? '')
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The outcome that counts of these; null of none. */
export function latestByPrecedence<T extends Standing>(outcomes: readonly T[]): T | null {
  return outcomes.reduce<T | null>(
    (best, next) => (best === null || comparePrecedence(next, best) > 0 ? next : best),
    null,
  );
}

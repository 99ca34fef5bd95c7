/** Tells a value that no database will ever take from a database that is away. */

/** Something in the batch can never be stored; trying again is of no use, leaving it out is. */
export class UnstorableError extends Error {
  readonly code = 'unstorable';
  readonly retryable = false;
}

/**
 * SQLSTATE: data exceptions, program limits, a missing value. Not 23514 (check violation): no value of ours is checked,
 * but a default partition answers so to a row whose own partition was attached a moment ago.
 */
const dataFaults = ['22', '54', '23502'];

/** The error itself, or an UnstorableError that it causes. */
export function asUnstorable(error: unknown): unknown {
  return isDataFault(error) ? new UnstorableError('a value cannot be stored', { cause: error }) : error;
}

function isDataFault(error: unknown): boolean {
  // A time or an id out of range does not even become a row.
  if (error instanceof RangeError) return true;
  const state: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof state === 'string' && state.length === 5 && dataFaults.some((fault) => state.startsWith(fault));
}

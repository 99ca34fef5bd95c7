/** Tells a database that is away, or a connection that broke, from a statement that is wrong. */

/** Errors of sockets and names, as Node.js has them. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** SQLSTATE read_only_sql_transaction: after a fail-over this server is a standby, or it was made read-only for one. */
export const readOnlyState = '25006';
/**
 * SQLSTATE: connection exceptions, too many connections, the server shuts down, starts up or ended an idle session, the
 * server may not be written to.
 */
const awayStates = new RegExp(`^(08...|53300|57P0[1-35]|${readOnlyState})$`);
/** What the driver says without a code. */
const awayMessages = /Connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable/;

/** SQLSTATE: data exceptions, constraints, limits of the program, and a transaction that was undone, as by a deadlock. */
const atFaultStates = /^(22|23|40|54)/;

/** SQLSTATE query_canceled: by statement_timeout, or by pg_cancel_backend. */
const cancelledState = '57014';

/** Also where another error was made of it. */
export function isStatementCancelled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === cancelledState) || isStatementCancelled(error.cause);
}

/** The driver waited for so long as it may, and the statement may still be under way. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** The statement had no effect, and it was what it said, or what it met. */
export function isStatementAtFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return false;
  return typeof error.code === 'string' && atFaultStates.test(error.code);
}

export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && (networkCodes.has(code) || awayStates.test(code))) return true;
  if (awayMessages.test(error.message)) return true;
  if (error instanceof AggregateError && error.errors.some(isDatabaseAway)) return true;
  return isDatabaseAway(error.cause);
}

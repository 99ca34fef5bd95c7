/** A request that is answered with a problem: expected, not logged as an error. */
import { problemCodes, type ProblemCode } from '../../../libs/api-contract/problem-codes.ts';
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';

export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldProblem[] | undefined;
  /** Seconds; null where trying again is of no use. */
  readonly retryAfterS: number | null;
  /** Methods that the path takes. */
  readonly allow: readonly string[] | undefined;

  /** @param detail what happened this time; the meaning of the code when left out */
  constructor(
    code: ProblemCode,
    detail?: string,
    more: { errors?: readonly FieldProblem[]; retryAfterS?: number; allow?: readonly string[]; cause?: unknown } = {},
  ) {
    super(detail ?? problemCodes[code].meaning, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.errors = more.errors;
    this.retryAfterS = more.retryAfterS ?? null;
    this.allow = more.allow;
  }
}

export function notFound(): ProblemError {
  return new ProblemError('not_found');
}

export function invalid(errors: readonly FieldProblem[]): ProblemError {
  const places = [...new Set(errors.map(({ path }) => path || 'the body'))];
  return new ProblemError('validation_failed', `Not valid: ${places.slice(0, 5).join(', ')}.`, { errors });
}

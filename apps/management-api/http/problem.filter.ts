/** Every error as a problem document (RFC 9457): expected ones as they are, the rest without a word of the inside. */
import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestIdHeaderName } from '../../../libs/api-contract/fields.ts';
import { problemCodes, type ProblemCode } from '../../../libs/api-contract/problem-codes.ts';
import { problemDocument, problemMediaType } from '../../../libs/api-contract/problem.ts';
import { ReadAbandonedError } from '../../../libs/postgres/bounded-reads.ts';
import { isDatabaseAway, isStatementCancelled } from '../../../libs/postgres/server/database-away.ts';
import { LOGGER } from '../../../libs/runtime/app.module.ts';
import { GatheringFullError } from '../../../libs/runtime/gathering.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { ProblemError } from './problem-error.ts';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = problemOf(error);
    if (problem.code === 'internal_error' || problem.code === 'database_unavailable') {
      const { method, id: requestId } = request;
      this.logger.error(
        { requestId, method, route: request.routeOptions.url, ...errorFields(error) },
        'request failed',
      );
    }
    sendProblem(http.getResponse<FastifyReply>(), problem, request.id);
  }
}

export function sendProblem(reply: FastifyReply, problem: ProblemError, requestId: string): void {
  const document = problemDocument(problem.code, problem.message, {
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    requestId,
  });
  // What the framework refuses goes by no hook that would set it.
  reply.header(requestIdHeaderName, requestId);
  if (problem.retryAfterS !== null) reply.header('retry-after', String(problem.retryAfterS));
  if (problem.allow !== undefined) reply.header('allow', problem.allow.join(', '));
  if (document.status === 401) reply.header('www-authenticate', 'Bearer');
  // As bytes: to a text the framework would add a charset, which this media type does not have.
  reply
    .status(document.status)
    .header('content-type', problemMediaType)
    .send(Buffer.from(JSON.stringify(document)));
}

/** Statuses of the framework's own errors. */
const codesByStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed_request',
  404: 'route_not_found',
  413: 'payload_too_large',
  414: 'malformed_request',
  415: 'unsupported_media_type',
};

export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const code = codesByStatus[statusOf(error)];
  if (code !== undefined) return new ProblemError(code);
  // What was abandoned is answered to nobody.
  if (error instanceof ReadAbandonedError || isStatementCancelled(error)) {
    return new ProblemError('query_timeout', undefined, { retryAfterS: 5, cause: error });
  }
  if (error instanceof GatheringFullError) {
    return new ProblemError('overloaded', undefined, { retryAfterS: 5, cause: error });
  }
  if (isDatabaseAway(error)) {
    return new ProblemError('database_unavailable', undefined, { retryAfterS: 2, cause: error });
  }
  return new ProblemError('internal_error', problemCodes.internal_error.meaning, { cause: error });
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
}

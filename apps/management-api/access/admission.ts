/**
 * In: the head of a request. Out: it goes on, or a refusal. Holds: nothing of a body is read before route, key, role,
 * size and media type are known to be right; what is decided follows from the route that was matched, never from how
 * its path was written.
 */
import type { FastifyRequest } from 'fastify';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { Tracer } from '../../../libs/runtime/tracing.ts';
import type { Authentication } from './authentication.ts';
import type { BeginTurns } from './begin-turns.ts';
import { judgeRole } from './operation-role.ts';
import { cloudEventFormOf, mediaTypeOf } from '../events/http-cloud-events.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { RequestRates } from './request-rates.ts';
import { startTrace } from '../http/request-trace.ts';
import { fastifyPath } from '../http/route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once caller and role are known to be right. */
    operation?: Operation;
  }
}

export interface AdmissionParts {
  readonly authentication: Authentication;
  readonly rates: RequestRates;
  readonly turns: BeginTurns;
  readonly tracer?: Tracer | undefined;
}

export const jsonTypes: readonly string[] = ['application/json', 'application/merge-patch+json'];

const operationsByRoute = new Map(
  allOperations.map((operation) => [`${operation.method.toUpperCase()} ${fastifyPath(operation)}`, operation]),
);

/** @throws ProblemError */
export async function admit(
  request: FastifyRequest,
  { authentication, rates, turns, tracer }: AdmissionParts,
): Promise<void> {
  if (request.is404) throw new ProblemError('route_not_found');
  const operation = operationOfRoute(request);
  if (operation === undefined) {
    // What is open to everybody is read only, and takes no body.
    if (!isReading(request)) throw new ProblemError('route_not_found');
    return;
  }
  const caller = await authentication.callerOf(request.headers.authorization, request.ip);
  request.caller = caller;
  rates.take(caller, monotonicMs());
  if (caller.clientId !== null) await turns.enter(caller.clientId);
  // Not before: whoever is nobody fills no store of traces.
  startTrace(tracer, request);
  judgeRole(operation, caller, request.params);
  request.operation = operation;
  refuseLargeBody(request);
  const form = operation.otherBodies.length === 0 ? null : cloudEventFormOf(request.headers);
  if (form !== null) request.cloudEventForm = form;
  refuseOtherMedia(request, operation);
}

function operationOfRoute({ method, routeOptions }: FastifyRequest): Operation | undefined {
  return operationsByRoute.get(`${method === 'HEAD' ? 'GET' : method} ${routeOptions.url ?? ''}`);
}

/** Of these no body is ever read. */
function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** A body that does not say how long it is is cut off at the same limit while it is read. */
function refuseLargeBody(request: FastifyRequest): void {
  const { headers, routeOptions } = request;
  if (isReading(request) || Number(headers['content-length'] ?? 0) <= routeOptions.bodyLimit) return;
  throw new ProblemError('payload_too_large');
}

function refuseOtherMedia(request: FastifyRequest, operation: Operation): void {
  if (!hasBody(request)) return;
  const { headers } = request;
  const type = mediaTypeOf(headers['content-type']);
  if (request.cloudEventForm === undefined && !jsonTypes.includes(type)) {
    const taken = [...jsonTypes, ...operation.otherBodies.map(({ mediaType }) => mediaType)];
    throw new ProblemError('unsupported_media_type', `Send ${taken.join(' or ')}, not '${type}'.`);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new ProblemError('unsupported_media_type', 'Send the body as it is, without Content-Encoding.');
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

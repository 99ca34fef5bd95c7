/**
 * In: the head of a request. Out: it goes on, or a refusal. Holds: nothing of a body is read before route, key, role,
 * size and media type are known to be right; what is decided follows from the route that was matched, never from how
 * its path was written.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { Tracer } from '../../../libs/runtime/tracing.ts';
import type { Authentication } from './authentication.ts';
import type { RequestFairness } from './request-fairness.ts';
import { judgeRole } from './operation-role.ts';
import { cloudEventFormOf, mediaTypeOf } from '../events/http-cloud-events.ts';
import { acceptedForm } from '../http/accepted-form.ts';
import type { AllowedMethods } from '../http/allowed-methods.ts';
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
  readonly turns: RequestFairness;
  readonly tracer?: Tracer | undefined;
  /** Of every route. */
  readonly allowed: AllowedMethods;
}

export const jsonTypes: readonly string[] = ['application/json', 'application/merge-patch+json'];

const operationsByRoute = new Map(
  allOperations.map((operation) => [`${operation.method.toUpperCase()} ${fastifyPath(operation)}`, operation]),
);

/** @throws ProblemError */
export async function admit(request: FastifyRequest, reply: FastifyReply, parts: AdmissionParts): Promise<void> {
  const { authentication, rates, turns, tracer, allowed } = parts;
  if (request.is404) throw noRoute(request, allowed);
  const operation = operationOfRoute(request);
  if (operation === undefined) {
    // What is open to everybody is read only, and takes no body.
    if (!isReading(request)) throw noRoute(request, allowed);
    return;
  }
  const caller = await authentication.callerOf(request.headers.authorization, request.ip);
  request.caller = caller;
  const taken = rates.take(caller, monotonicMs());
  reply.headers(taken.headers);
  if (taken.problem !== null) throw taken.problem;
  if (caller.clientId !== null) await turns.enter(caller.clientId);
  // Not before: whoever is nobody fills no store of traces.
  startTrace(tracer, request);
  judgeRole(operation, caller, request.params);
  request.operation = operation;
  refuseOtherAnswer(request, operation);
  refuseLargeBody(request);
  const form = operation.otherBodies.length === 0 ? null : cloudEventFormOf(request.headers);
  if (form !== null) request.cloudEventForm = form;
  refuseOtherMedia(request, operation);
}

function operationOfRoute({ method, routeOptions }: FastifyRequest): Operation | undefined {
  return operationsByRoute.get(`${method === 'HEAD' ? 'GET' : method} ${routeOptions.url ?? ''}`);
}

function noRoute({ url }: FastifyRequest, allowed: AllowedMethods): ProblemError {
  const allow = allowed.of(url);
  if (allow.length === 0) return new ProblemError('route_not_found');
  return new ProblemError('method_not_allowed', `This path takes ${allow.join(', ')}.`, { allow });
}

/** Before anything is done: whoever could not read the answer would ask again. */
function refuseOtherAnswer({ headers }: FastifyRequest, { answer: { schema, mediaType } }: Operation): void {
  if (schema === null || acceptedForm(headers.accept, [mediaType]) !== null) return;
  throw new ProblemError('not_acceptable', `The answer is ${mediaType}, which the Accept header excludes.`);
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

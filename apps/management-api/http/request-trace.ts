/**
 * In: a request whose caller is known. Out: its span, and the traceparent for what it causes. Holds: a caller's
 * traceparent that is none is ignored; nothing of a body, a query or an id in a path is in a span.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { carriedTraceparent, traceIdOf } from '../../../libs/domain/event/traceparent.ts';
import type { Span, Tracer } from '../../../libs/runtime/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C Trace Context of what this request causes; set for every request under /v1 whose caller is known. */
    traceparent?: string | null;
    /** While tracing is on. */
    span?: Span;
  }
}

/** OpenTelemetry, semantic conventions for HTTP servers. */
export function startTrace(tracer: Tracer | undefined, request: FastifyRequest): void {
  const parent = carriedTraceparent(request.headers['traceparent']);
  request.traceparent = parent;
  if (tracer === undefined) return;
  const { method, id } = request;
  const route = request.routeOptions.url ?? '';
  request.span = tracer.start({
    name: `${method} ${route}`,
    kind: 'server',
    parent,
    attributes: { 'http.request.method': method, 'http.route': route, 'webhook.request.id': id },
  });
  request.traceparent = request.span.traceparent;
}

export function endTrace({ span }: FastifyRequest, { statusCode }: FastifyReply): void {
  span?.end({ 'http.response.status_code': statusCode }, statusCode >= 500 ? String(statusCode) : null);
}

/** For the request's line in the log. */
export function traceFields({ traceparent = null }: FastifyRequest): { readonly traceId?: string } {
  return traceparent === null ? {} : { traceId: traceIdOf(traceparent) };
}

/**
 * In: the Origin of a request, and what a browser asks before it (Fetch Standard, "CORS protocol"). Out: the headers that let a
 * page of an allowed origin read the answer. Holds: origins are compared as a whole; no cookie is ever asked for, since
 * a key is a header; to any other origin the answer is as if nobody had asked.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';

const requestHeaders = 'authorization, content-type, idempotency-key, if-match, last-event-id, traceparent';
const exposedHeaders = 'allow, etag, ratelimit, ratelimit-policy, retry-after, x-request-id';
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** How long a browser may remember; what is taken off the list counts for so long in it at most. */
const rememberedS = 600;

export class CrossOrigin {
  private readonly origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  /** Adds the headers of the answer. True: the request was only to ask, and is answered. */
  admit(request: FastifyRequest, reply: FastifyReply): boolean {
    if (this.origins.size === 0) return false;
    // Caches in between must not give one origin the answer of another.
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !this.origins.has(origin)) return false;
    reply.header('access-control-allow-origin', origin);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
      reply.header('access-control-expose-headers', exposedHeaders);
      return false;
    }
    reply.headers({
      'access-control-allow-methods': methods,
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': String(rememberedS),
    });
    void reply.code(204).send();
    return true;
  }
}

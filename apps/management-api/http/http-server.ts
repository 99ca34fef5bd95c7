/**
 * The HTTP server around the controllers: who calls is known before anything is read, bodies are JSON within
 * bounds, every answer has its headers, every request its line in the log.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest, FastifyServerOptions } from 'fastify';
import { eventsMax, publishEvents } from '../../../libs/api-contract/events.ts';
import { requestIdHeaderName } from '../../../libs/api-contract/fields.ts';
import { outlineJson } from '../../../libs/domain/payload/json-outline.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import { admit, jsonTypes, type AdmissionParts } from '../access/admission.ts';
import { AllowedMethods } from './allowed-methods.ts';
import type { ApiMetrics } from './api-metrics.ts';
import type { ManagementApiConfig } from '../config.ts';
import type { CrossOrigin } from './cross-origin.ts';
import { parseLargeBody } from './large-body.ts';
import { notJson } from './malformed-json.ts';
import { portalPathParts, withoutPrefix } from '../portal-config.ts';
import { withWholeType } from './whole-type.ts';
import { ProblemError } from './problem-error.ts';
import { problemOf, sendProblem } from './problem.filter.ts';
import { endTrace, traceFields } from './request-trace.ts';
import { closeStalledReaders } from './stalled-readers.ts';
import { boundUnreadBodies, tellToContinue } from './unread-bodies.ts';
import { watchUnusedConnections } from './unused-connections.ts';

const mebibyte = 1024 * 1024;
const bodyMiBMax = 1;
/** A list of 500 events. */
const eventsBodyMiBMax = 16;
/** What is hashed and parsed in one step; bodies that are larger are read in several. */
const stepBytesMax = mebibyte;
const jsonDepthMax = 100;
/** Of a body that nobody reads. */
const unreadLimits = { bytesMax: mebibyte, ms: 1_000 };
/** Of an answer that nobody takes. */
const stalledMs = 120_000;

/** Options of the Fastify server. */
export function serverOptions(config: ManagementApiConfig): FastifyServerOptions {
  // Of anybody else the header would be a claim: the audit log says where requests came from.
  const proxies = config.API_TRUSTED_PROXIES;
  const { prefix } = portalPathParts(config.PORTAL_PATH);
  const rewriteUrl = ({ url = '/' }: IncomingMessage) => withWholeType(withoutPrefix(url, prefix));
  return {
    ...fixedOptions,
    rewriteUrl,
    trustProxy: proxies.length === 0 ? false : [...proxies],
  };
}

const fixedOptions: FastifyServerOptions = {
  bodyLimit: bodyMiBMax * mebibyte,
  routerOptions: { maxParamLength: 1024 },
  genReqId: () => randomUUID(),
  // A slow sender must not hold a connection for ever.
  requestTimeout: 60_000,
  frameworkErrors: (error, request, reply) => {
    sendProblem(reply, problemOf(error), request.id);
  },
};

export interface ServerParts extends Omit<AdmissionParts, 'allowed'> {
  readonly crossOrigin: CrossOrigin;
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
}

export function prepareServer(
  app: NestFastifyApplication,
  { metrics, logger, crossOrigin, ...parts }: ServerParts,
): void {
  for (const type of jsonTypes) app.useBodyParser(type, {}, parseBody);
  // Data of a CloudEvent in the binary form may be of any type.
  for (const type of ['text/plain', '*']) app.useBodyParser(type, {}, keepBody);
  const server = app.getHttpAdapter().getInstance();
  boundUnreadBodies(server.server, unreadLimits);
  closeStalledReaders(server.server, stalledMs);
  const closeUnused = watchUnusedConnections(server.server);
  server.addHook('preClose', (done) => {
    closeUnused();
    done();
  });
  const allowed = new AllowedMethods();
  server.addHook('onRoute', (route) => {
    allowed.add(route.url, route.method);
    if (route.url === publishEvents.path && route.method === 'POST') route.bodyLimit = eventsBodyMiBMax * mebibyte;
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(answerHeaders).header(requestIdHeaderName, request.id);
    if (crossOrigin.admit(request, reply)) return reply;
    await admit(request, reply, { ...parts, allowed });
    return undefined;
  });
  server.addHook('preParsing', (request, reply, payload, done) => {
    tellToContinue(request.raw, reply.raw);
    done(null, payload);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? null;
    if (isOfApi(route ?? request.url)) {
      const { method, id: requestId, caller } = request;
      const durationMs = Math.round(reply.elapsedTime);
      if (route !== null) metrics.answered(method, route, reply.statusCode, durationMs);
      const by = caller?.keyId ?? null;
      endTrace(request, reply);
      const status = reply.statusCode;
      logger.info({ requestId, method, route, status, durationMs, by, ...traceFields(request) }, 'answered');
    }
    done();
  });
}

/** Routes of the API, or a path below it that is no route. */
function isOfApi(path: string): boolean {
  return path.startsWith('/v1/');
}

/** For answers that are data of somebody: nobody keeps, frames or guesses at them. */
const answerHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  // What old browsers filtered by it could be turned against the page.
  'x-xss-protection': '0',
} as const;

/** Of a CloudEvent the bytes are read where its headers are. */
function keepBody(request: FastifyRequest, body: Buffer, done: (error: Error | null, parsed?: unknown) => void): void {
  if (request.cloudEventForm === undefined) done(new ProblemError('unsupported_media_type'));
  else done(null, body);
}

/** Numbers keep the text that they were written in: events are passed on as they came. */
function parseBody(request: FastifyRequest, body: Buffer, done: (error: Error | null, parsed?: unknown) => void): void {
  if (request.cloudEventForm !== undefined) {
    done(null, body);
    return;
  }
  if (body.length === 0) {
    request.bodyHash = hashOf(body);
    done(null, undefined);
    return;
  }
  if (body.length > stepBytesMax) {
    void parseInSteps(request, body).then(
      (parsed) => {
        done(null, parsed);
      },
      (error: unknown) => {
        done(problemOfBody(error));
      },
    );
    return;
  }
  try {
    request.bodyHash = hashOf(body);
    done(null, parseJson(body));
  } catch (error) {
    done(problemOfBody(error));
  }
}

function problemOfBody(error: unknown): ProblemError {
  return error instanceof ProblemError ? error : new ProblemError('malformed_json', undefined, { cause: error });
}

/** Only lists of events are that large. */
async function parseInSteps(request: FastifyRequest, body: Buffer): Promise<unknown> {
  const turns = new TimeSlices();
  const hash = createHash('sha256');
  for (let start = 0; start < body.length; start += stepBytesMax) {
    hash.update(body.subarray(start, start + stepBytesMax));
    await turns.over();
  }
  request.bodyHash = hash.digest('hex');
  const text = textOf(body);
  await turns.over();
  const limits = { elementsMax: eventsMax, elementCharsMax: stepBytesMax, depthMax: jsonDepthMax };
  try {
    return await parseLargeBody(text, limits, turns);
  } catch (error) {
    throw error instanceof SyntaxError ? notJson(text, error) : error;
  }
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new ProblemError('malformed_json', 'The body is not UTF-8.');
  return body.toString('utf8');
}

function parseJson(body: Buffer): unknown {
  const text = textOf(body);
  const parsed = parsedOf(text);
  if (outlineJson(text, null).depth > jsonDepthMax) {
    throw new ProblemError('malformed_json', `The body is nested deeper than ${jsonDepthMax} levels.`);
  }
  return parsed;
}

function parsedOf(text: string): unknown {
  try {
    return parseLossless(text);
  } catch (error) {
    throw error instanceof SyntaxError ? notJson(text, error) : error;
  }
}

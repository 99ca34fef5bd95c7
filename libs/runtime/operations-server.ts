/**
 * /health and /metrics on a port of their own. In: GET or HEAD of one of three paths. Out: the same answers as on the port of the
 * app. Holds: nothing else is answered, no body is read, and a fault says nothing of itself.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from './health.ts';
import { errorFields, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import {
  noSuchOperation,
  operationsProblem,
  operationsProblemType,
  type OperationsProblem,
} from './operations-problem.ts';

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OperationsParts {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

const json = 'application/json; charset=utf-8';
const requestMs = 10_000;
/** Of an answer that nobody takes. */
const stalledMs = 30_000;

/** @returns the port that it listens on */
export async function listenForOperations(
  parts: OperationsParts,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, (request, response) => {
    answer(parts, request).then(
      (found) => {
        send(request, response, found);
      },
      (error: unknown) => {
        parts.logger.error(errorFields(error), 'an operations request failed');
        send(request, response, problemOf(operationsProblem(500, 'The log of the app has the details.')));
      },
    );
  });
  server.setTimeout(stalledMs, (socket) => socket.destroy());
  server.listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

async function answer({ health, metrics }: OperationsParts, request: IncomingMessage): Promise<Answer> {
  const { method = '', url = '' } = request;
  const path = method === 'GET' || method === 'HEAD' ? url.split('?', 1)[0] : null;
  switch (path) {
    case '/health/live':
      return answerOf(200, { status: 'live' });
    case '/health/ready': {
      const report = await health.report();
      return answerOf(report.status === 'ready' ? 200 : 503, report);
    }
    case '/metrics':
      return { status: 200, contentType: metrics.contentType, text: await metrics.text() };
    default:
      return problemOf(noSuchOperation(method, url));
  }
}

function problemOf({ status, headers, body }: OperationsProblem): Answer {
  return { status, headers, contentType: operationsProblemType, text: JSON.stringify(body) };
}

function answerOf(status: number, body: object): Answer {
  return { status, contentType: json, text: JSON.stringify(body) };
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status, contentType, text, headers }: Answer,
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    ...headers,
    'content-type': contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(method === 'HEAD' ? undefined : body);
}

/** An endpoint that keeps every request it gets, and answers as the test says. */
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface ReceivedRequest {
  /** Unix milliseconds at which its last byte came. */
  readonly at: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Answer {
  /** Default: 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** Before the answer begins. Default: 0 */
  readonly delayMs?: number;
}

/** `index` counts the requests from 0. */
export type Respond = (request: ReceivedRequest, index: number) => Answer | Promise<Answer>;

export interface ReceiverOptions {
  /** Default: 200 with `ok`. */
  readonly respond?: Respond;
  /** Default: one that the system chooses. */
  readonly port?: number;
  /** Serves HTTPS. With `ca`, a client certificate of that CA is required. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

export interface RecordingReceiver {
  /** The origin: scheme, host and port. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** Connections that were accepted so far. */
  readonly connections: number;
  /** Of them, those over TLS that took up a session from before. */
  readonly resumedSessions: number;
  /** Resolves with the requests when there are so many; rejects when they do not come in time. */
  waitFor(count: number, timeoutMs?: number): Promise<readonly ReceivedRequest[]>;
  close(): Promise<void>;
}

export async function startReceiver(options: ReceiverOptions = {}): Promise<RecordingReceiver> {
  const respond: Respond = options.respond ?? (() => ({}));
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<() => void>();
  const timers = new Set<NodeJS.Timeout>();
  let connections = 0;
  let resumedSessions = 0;

  const listener: RequestListener = (incoming, outgoing) => {
    const answerOne = async (): Promise<void> => {
      const request = await receive(incoming);
      requests.push(request);
      for (const check of waiting) check();
      const answer = await respond(request, requests.length - 1);
      const write = (): void => {
        outgoing.writeHead(answer.status ?? 200, headersOf(answer));
        outgoing.end(answer.body ?? 'ok');
      };
      if (answer.delayMs === undefined || answer.delayMs <= 0) write();
      else timers.add(setTimeout(write, answer.delayMs));
    };
    // A request that breaks off is no request; a test that throws in `respond` sees a reset.
    answerOne().catch(() => incoming.socket.destroy());
  };

  const server: Server =
    options.tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer(
          {
            ...options.tls,
            requestCert: options.tls.ca !== undefined,
            rejectUnauthorized: options.tls.ca !== undefined,
          },
          listener,
        );
  server.on('connection', () => connections++);
  server.on('secureConnection', (socket: TLSSocket) => (resumedSessions += socket.isSessionReused() ? 1 : 0));
  const port = await listen(server, options.port ?? 0);

  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    get resumedSessions() {
      return resumedSessions;
    },
    waitFor: (count, timeoutMs = 10_000) => waitFor(requests, waiting, count, timeoutMs),
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Listens on loopback; resolves with the port. */
export async function listen(server: NetServer, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
  return {
    at: Date.now(),
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers,
    body: Buffer.concat(chunks),
  };
}

function headersOf(answer: Answer): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  return headers;
}

function waitFor(
  requests: readonly ReceivedRequest[],
  waiting: Set<() => void>,
  count: number,
  timeoutMs: number,
): Promise<readonly ReceivedRequest[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(check);
      reject(new Error(`${requests.length} requests came within ${timeoutMs} ms, not ${count}`));
    }, timeoutMs);
    const check = (): void => {
      if (requests.length < count) return;
      clearTimeout(timer);
      waiting.delete(check);
      resolve(requests);
    };
    waiting.add(check);
    check();
  });
}

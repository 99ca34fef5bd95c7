/** An endpoint on this machine that verifies what it gets with the public `standardwebhooks` package. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { hasCode } from './failure.ts';

export interface LocalRequest {
  readonly at: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isVerified: boolean;
  /** What it was answered. */
  readonly status: number;
}

export interface LocalReceiver {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export interface LocalReceiverOptions {
  /** Taken when it is free, so that an address of yesterday is still good. */
  readonly preferredPort: number;
  readonly secret: () => string;
  /** The status to answer with. */
  readonly answer: (headers: LocalRequest['headers'], body: string) => number;
  readonly onRequest: (request: LocalRequest) => void;
}

export async function startLocalReceiver(options: LocalReceiverOptions): Promise<LocalReceiver> {
  const server = createServer((incoming, outgoing) => {
    void readBody(incoming).then((body) => {
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      );
      const isVerified = verifies(options.secret(), body, headers);
      const status = isVerified ? options.answer(headers, body) : 401;
      outgoing.writeHead(status, { 'content-type': 'text/plain' }).end(status < 300 ? 'thank you' : 'not now');
      options.onRequest({ at: Date.now(), headers, body, isVerified, status });
    });
  });
  const port = await listen(server, options.preferredPort);
  return {
    port,
    url: `http://127.0.0.1:${port}/webhooks`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function verifies(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

async function listen(server: Server, preferredPort: number): Promise<number> {
  try {
    await listenOn(server, preferredPort);
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) throw error;
    await listenOn(server, 0);
  }
  return (server.address() as AddressInfo).port;
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

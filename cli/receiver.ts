/** An endpoint on this machine: shows each request to whoever listens, and answers with the status it is told. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliFailure } from './failure.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Receiver {
  readonly port: number;
  close(): Promise<void>;
}

/** More than any delivery has. */
const bodyBytesMax = 16 * 1024 * 1024;

/** @param port 0: any. @throws CliFailure usage when it cannot listen there */
export async function startReceiver(port: number, onRequest: (request: ReceivedRequest) => number): Promise<Receiver> {
  const server = createServer((incoming, outgoing) => {
    readBody(incoming).then(
      (body) => {
        const headers = Object.fromEntries(
          Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
        );
        outgoing.writeHead(onRequest({ method: incoming.method ?? '', headers, body })).end();
      },
      () => outgoing.destroy(),
    );
  });
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new RangeError('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function listening(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => {
    resolve(undefined);
  });
  try {
    await promise;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure('usage', `Nothing can listen on port ${port} (${reason}): give another --port, or none.`);
  }
}

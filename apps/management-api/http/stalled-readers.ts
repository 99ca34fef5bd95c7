/**
 * Connections whose reader has stopped taking what was written to it. Without this, an answer that nobody reads is held, with its
 * connection, for as long as the other side likes. Holds: a connection from which nothing of a pending answer was taken
 * for the given time is closed; one on which nothing is pending is left alone, however long its answer takes; one on which
 * nothing is asked ends as it always does.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export function closeStalledReaders(server: Server, ms: number): void {
  /** Requests that are not answered yet, by connection. */
  const open = new WeakMap<Socket, number>();
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    open.set(socket, (open.get(socket) ?? 0) + 1);
    response.once('close', () => {
      open.set(socket, (open.get(socket) ?? 1) - 1);
    });
  });
  // Node.js begins this time anew whenever a part of what waits is taken. Kernels pass that on in steps of up to some MiB.
  // It comes after `keepAliveTimeout` too, and whoever listens for it has to end what is idle.
  server.setTimeout(ms, (socket: Socket) => {
    const isIdle = (open.get(socket) ?? 0) === 0;
    if (isIdle || socket.writableLength > 0) socket.destroy();
  });
}

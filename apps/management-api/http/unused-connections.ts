/**
 * Connections on which nothing was asked yet, such as those that browsers open ahead. Node.js counts them neither as
 * idle nor as busy: without this a stop would wait for each of them for a minute.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The answer closes those there are. */
export function watchUnusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => {
    unused.delete(socket);
  });
  return () => {
    for (const socket of unused) socket.destroy();
  };
}

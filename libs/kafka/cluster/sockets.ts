/** Sockets of one kafkajs client, so that a stop does not have to wait for answers that may never come. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import { within } from '../within.ts';

const politeMs = 500;
const keepAliveDelayMs = 60_000;

export class Sockets {
  private readonly open = new Set<Socket>();
  private isClosed = false;

  /** For the `socketFactory` of kafkajs. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.isClosed) throw new Error('this client was closed');
    const socket = isSecure(ssl)
      ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, keepAliveDelayMs);
    // A commit or a heartbeat behind an unacknowledged packet would wait for the other side's delayed ACK.
    socket.setNoDelay(true);
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    return socket;
  };

  /** Waits a little for a polite end, then ends what is still under way with an error. No new connection is made. */
  async close(disconnected: Promise<unknown>): Promise<void> {
    await within(
      politeMs,
      disconnected.catch(() => undefined),
    );
    this.isClosed = true;
    for (const socket of this.open) {
      // One that kafkajs has ended waits for nothing; on the others requests wait for an answer, or for this error.
      if (socket.writableEnded) socket.destroy();
      else socket.destroy(new Error('this client was closed'));
    }
  }
}

function isSecure(ssl: unknown): ssl is ConnectionOptions {
  return typeof ssl === 'object' && ssl !== null;
}

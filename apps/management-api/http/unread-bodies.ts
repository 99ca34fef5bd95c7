/**
 * Bodies of requests that were answered before they came. Node.js reads such a body to its end and drops it, so that the
 * connection can be used again; here that ends at a bound, and with it the connection. It is not closed at once: a
 * client that is still sending would lose the answer.
 * On `Expect: 100-continue` the client is told to go on when its body is about to be read (RFC 9110, section 10.1.1).
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export interface UnreadLimits {
  readonly bytesMax: number;
  readonly ms: number;
}

const lookMs = 50;

export function boundUnreadBodies(server: Server, { bytesMax, ms }: UnreadLimits): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.once('finish', () => {
      const { socket } = request;
      if (request.complete || socket.destroyed) return;
      const startBytes = socket.bytesRead;
      let looks = Math.ceil(ms / lookMs);
      const timer = setInterval(() => {
        looks -= 1;
        const isOver = looks <= 0 || socket.bytesRead - startBytes > bytesMax;
        if (isOver && !request.complete) socket.destroy();
        if (isOver || request.complete || socket.destroyed) clearInterval(timer);
      }, lookMs);
      timer.unref();
    });
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
}

/** To be called when the body of a request is about to be read. */
export function tellToContinue(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
}

/** Endpoints that misbehave below HTTP. Each keeps what it does until it is closed. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { listen } from './recording-receiver.ts';

export interface HostileReceiver {
  /** The origin: scheme, host and port. */
  readonly url: string;
  readonly port: number;
  /** Connections that were accepted so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Resolves when no connection is open any more. */
  whenLeft(): Promise<void>;
  close(): Promise<void>;
}

/** Takes the request and never says a word. */
export function startHanging(): Promise<HostileReceiver> {
  return start(() => undefined);
}

/** Says 200 and then one byte after another, for ever. */
export function startDripping(everyMs = 1000): Promise<HostileReceiver> {
  return start((socket) => {
    onRequest(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000000\r\n\r\n');
      const timer = setInterval(() => socket.write('.'), everyMs);
      socket.on('close', () => {
        clearInterval(timer);
      });
    });
  });
}

/** Says its headers one byte after another, for ever. */
export function startDrippingHeaders(everyMs = 1000): Promise<HostileReceiver> {
  return start((socket) => {
    onRequest(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const timer = setInterval(() => socket.write('.'), everyMs);
      socket.on('close', () => {
        clearInterval(timer);
      });
    });
  });
}

/** Says 200 and a body without an end, as fast as it is read. */
export function startEndless(status = 200): Promise<HostileReceiver> {
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  return start((socket) => {
    onRequest(socket, () => {
      socket.write(`HTTP/1.1 ${status} X\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n`);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pour);
      pour();
    });
  });
}

/** Resets the connection: when it is made, when the request came, or in the middle of the answer. */
export function startResetting(when: 'connected' | 'requested' | 'answering' = 'requested'): Promise<HostileReceiver> {
  return start((socket) => {
    if (when === 'connected') socket.resetAndDestroy();
    else {
      onRequest(socket, () => {
        if (when === 'requested') socket.resetAndDestroy();
        else {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
        }
      });
    }
  });
}

/** Answers with these words before it has read the request, reads no more of it, and resets the connection a moment later. */
export function startRefusingUnread(words: string, resetAfterMs = 200): Promise<HostileReceiver> {
  return start((socket) => {
    socket.once('data', () => {
      socket.pause();
      socket.write(words);
      setTimeout(() => socket.resetAndDestroy(), resetAfterMs);
    });
  });
}

/** Takes the request, closes its own half and keeps the other open. */
export function startHalfClosing(firstWords = ''): Promise<HostileReceiver> {
  return start((socket) => {
    onRequest(socket, () => socket.end(firstWords));
  });
}

/** Answers each request with these very bytes. */
export function startSaying(bytes: string | Buffer): Promise<HostileReceiver> {
  return start((socket) => {
    socket.on('data', () => {
      if (!socket.destroyed) socket.write(bytes);
    });
  });
}

/** Answers each request with these very bytes, in pieces of so many. */
export function startSayingInPieces(bytes: string, pieceBytes: number): Promise<HostileReceiver> {
  return start((socket) => {
    socket.setNoDelay(true);
    socket.on('data', () => {
      const say = (from: number): void => {
        if (socket.destroyed || from >= bytes.length) return;
        socket.write(bytes.slice(from, from + pieceBytes), () => setTimeout(say, 1, from + pieceBytes));
      };
      say(0);
    });
  });
}

/** Answers the first request of each connection, takes the second one and closes the connection some time later. */
export function startClosingReused(afterMs = 0): Promise<HostileReceiver> {
  return start((socket) => {
    let requests = 0;
    socket.on('data', () => {
      requests++;
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      else if (afterMs === 0) socket.destroy();
      else setTimeout(() => socket.destroy(), afterMs);
    });
  });
}

/** Listens and accepts nothing, or nothing for so long: once its queue is full, a connection is neither made nor refused. Then it answers 200. */
export async function startUnaccepting(forMs = Infinity): Promise<{ url: string; close(): Promise<void> }> {
  const worker = new Worker(unaccepting, { eval: true, workerData: forMs });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  // Linux keeps one connection more than the backlog says.
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await Promise.all(fillers.slice(0, 2).map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}

/** A thread that waits accepts nothing, while the system goes on to queue connections for it. */
const unaccepting = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:http').createServer((request, response) => response.end('ok'));
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, workerData);
  });
`;

function onRequest(socket: Socket, act: () => void): void {
  socket.once('data', act);
  socket.resume();
}

async function start(onConnection: (socket: Socket) => void): Promise<HostileReceiver> {
  const sockets = new Set<Socket>();
  const leaving = new Set<() => void>();
  let connections = 0;
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    connections++;
    sockets.add(socket);
    // The other side breaks off when it has had enough: that is what is tested.
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      for (const left of leaving) left();
      leaving.clear();
    });
    socket.resume();
    onConnection(socket);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    whenLeft: () =>
      new Promise((resolve) => {
        if (sockets.size === 0) resolve();
        else leaving.add(resolve);
      }),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

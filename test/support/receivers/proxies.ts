/** Proxies for tests: HTTP CONNECT and SOCKS5 (RFC 1928, 1929), which write down whom they were asked for. */
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';

export interface TestProxy {
  readonly port: number;
  /** Authorities, in the order in which they were asked for. */
  readonly asked: string[];
  /** The next answers in place of a connection; empty: connections are made. */
  readonly refusals: (number | 'silence')[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** As user:password; default: none is asked for. */
  readonly login?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startConnectProxy({ login, tls, headers = {} }: ProxyOptions = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const refusals: TestProxy['refusals'] = [];
  const server: Server = tls === undefined ? createServer() : createSecureServer(tls);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  server.on('connect', ({ url = '', headers: sent }, client: Socket) => {
    asked.push(url);
    client.on('error', () => undefined);
    const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
    const refusal = sent['proxy-authorization'] === wanted ? refusals.shift() : 407;
    if (refusal === 'silence') return;
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\n${lines.join('')}content-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`tcp://${url}`);
    const upstream = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => {
      client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    });
  });
  return listening(server, asked, refusals);
}

const granted = 0;
const connectionRefused = 5;
const noAuthentication = 0;
const byPassword = 2;

export async function startSocksProxy({ login }: Pick<ProxyOptions, 'login'> = {}): Promise<TestProxy> {
  const asked: string[] = [];
  const refusals: TestProxy['refusals'] = [];
  const server = createTcpServer((client) => {
    client.on('error', () => undefined);
    const answer = (code: number) => client.write(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]));
    const connectTo = (request: Buffer) => {
      const host = [...request.subarray(4, 8)].join('.');
      const port = request.readUInt16BE(8);
      asked.push(`${host}:${port}`);
      const refusal = refusals.shift();
      if (refusal === 'silence') return;
      if (refusal !== undefined) {
        answer(refusal);
        return;
      }
      const upstream = connect({ host, port }, () => {
        answer(granted);
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => answer(connectionRefused));
    };
    client.once('data', () => {
      client.write(Buffer.from([5, login === undefined ? noAuthentication : byPassword]));
      if (login === undefined) {
        client.once('data', connectTo);
        return;
      }
      client.once('data', (sent: Buffer) => {
        const userEnd = 2 + (sent[1] ?? 0);
        const said = `${sent.toString('utf8', 2, userEnd)}:${sent.toString('utf8', userEnd + 1)}`;
        client.write(Buffer.from([1, said === login ? 0 : 1]));
        client.once('data', connectTo);
      });
    });
  });
  return listening(server, asked, refusals);
}

async function listening(server: TcpServer, asked: string[], refusals: TestProxy['refusals']): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    refusals,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

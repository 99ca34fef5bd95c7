import './kafkajs-patches.ts';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { monotonicMs } from '../../runtime/monotonic.ts';

const requireHere = createRequire(import.meta.url);

interface Connection {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  send(request: object): Promise<unknown>;
  setVersions(versions: object): void;
}

const nothing = () => undefined;
const logger = { debug: nothing, warn: nothing, error: nothing, namespace: () => logger };

function connectionBy(socketOf: (onConnect: () => void) => object): Connection {
  const Connection = requireHere('kafkajs/src/network/connection') as new (options: object) => Connection;
  return new Connection({
    host: 'broker',
    port: 1,
    connectionTimeout: 5_000,
    requestTimeout: 2_000,
    logger,
    socketFactory: ({ onConnect }: { onConnect: () => void }) => socketOf(onConnect),
  });
}

describe('a request queue of kafkajs', () => {
  interface Queue {
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    pending: unknown[];
    push(request: object): void;
    fulfillRequest(answer: object): void;
    destroy(): void;
  }

  function makeQueue(): { queue: Queue; sent: number[]; send: (correlationId: number) => void } {
    const RequestQueue = requireHere('kafkajs/src/network/requestQueue') as new (options: object) => Queue;
    const nothing = () => undefined;
    const logger = { debug: nothing, warn: nothing };
    const queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      enforceRequestTimeout: false,
      logger,
    });
    const sent: number[] = [];
    const send = (correlationId: number) => {
      queue.push({
        entry: { correlationId, resolve: nothing, reject: nothing },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      });
    };
    return { queue, sent, send };
  }

  test('has no timer when nothing is pending', () => {
    const { queue, sent, send } = makeQueue();
    send(1);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    expect(sent).toEqual([1]);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  test('still sends what is pending, after an answer and after throttling', async () => {
    const { queue, sent, send } = makeQueue();
    send(1);
    send(2);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    expect(sent).toEqual([1, 2]);
    queue.fulfillRequest({ correlationId: 2, payload: null, size: 0 });
    queue.throttledUntil = monotonicMs() + 20;
    send(3);
    while (sent.length < 3) await pause(5);
    expect(monotonicMs()).toBeGreaterThanOrEqual(queue.throttledUntil);
    queue.destroy();
  });
});

describe('a connection that breaks in the middle of an answer', () => {
  /** An answer of `bytes` zeros to the request of this number, behind its length. */
  function answerTo(request: Buffer, bytes: number): Buffer {
    const answer = Buffer.alloc(8 + bytes);
    answer.writeInt32BE(4 + bytes, 0);
    answer.writeInt32BE(request.readInt32BE(8), 4);
    return answer;
  }

  test.each([
    ['the first half of it', 0.5],
    ['a part of its length', 2 / 108],
    ['all but a byte', 107 / 108],
  ])('of which %s had come understands the next socket', async (_what, share) => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      const isFirst = connections === 1;
      socket.on('error', nothing);
      socket.on('data', (request) => {
        const answer = answerTo(request, 100);
        if (!isFirst) socket.write(answer);
        else socket.write(answer.subarray(0, Math.round(answer.length * share)), () => socket.end());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const connection = connectionBy((onConnect) => connect({ host: '127.0.0.1', port }, onConnect));
    const encoder = requireHere('kafkajs/src/protocol/encoder') as new () => object;
    const ask = async () => {
      await connection.connect();
      return connection.send({
        request: { apiKey: 3, apiVersion: 0, apiName: 'Metadata', encode: () => Promise.resolve(new encoder()) },
        response: {
          decode: (payload: Buffer) => Promise.resolve(payload.length),
          parse: (length: number) => Promise.resolve(length),
        },
      });
    };
    try {
      await expect(ask()).rejects.toThrow();
      for (let times = 0; times < 3; times += 1) expect(await ask()).toBe(100);
      expect(connections).toBe(2);
    } finally {
      await connection.disconnect();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

test('requests that find a connection closed open one socket together', async () => {
  const opened: (() => void)[] = [];
  const connection = connectionBy((onConnect) => {
    opened.push(onConnect);
    return { on: nothing, end: nothing, unref: nothing, removeAllListeners: nothing, destroy: nothing };
  });
  const connecting = [connection.connect(), connection.connect(), connection.connect()];
  expect(opened).toHaveLength(1);
  opened[0]?.();
  await Promise.all(connecting);
  await connection.disconnect();
  const again = connection.connect();
  expect(opened).toHaveLength(2);
  opened[1]?.();
  await again;
  await connection.disconnect();
});

test('a connection that is ended again and again leaves nothing on its dead socket', async () => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  const sockets: Socket[] = [];
  const connection = connectionBy((onConnect) => {
    const socket = connect({ host: '127.0.0.1', port }, onConnect);
    sockets.push(socket);
    return socket;
  });
  await expect(connection.connect()).rejects.toThrow('ECONNREFUSED');
  for (let times = 0; times < 20; times += 1) await connection.disconnect();
  expect(sockets).toHaveLength(1);
  expect(sockets[0]?.listenerCount('connect')).toBeLessThan(5);
});

import './kafkajs-patches.ts';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';

const requireHere = createRequire(import.meta.url);

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
    queue.throttledUntil = Date.now() + 20;
    send(3);
    while (sent.length < 3) await pause(5);
    expect(Date.now()).toBeGreaterThanOrEqual(queue.throttledUntil);
    queue.destroy();
  });
});

test('requests that find a connection closed open one socket together', async () => {
  interface Connection {
    connect(): Promise<unknown>;
    disconnect(): Promise<unknown>;
  }
  const Connection = requireHere('kafkajs/src/network/connection') as new (options: object) => Connection;
  const nothing = () => undefined;
  const logger = { debug: nothing, warn: nothing, error: nothing, namespace: () => logger };
  const opened: (() => void)[] = [];
  const connection = new Connection({
    host: 'broker',
    port: 1,
    connectionTimeout: 5_000,
    requestTimeout: 5_000,
    logger,
    socketFactory: ({ onConnect }: { onConnect: () => void }) => {
      opened.push(onConnect);
      return { on: nothing, end: nothing, unref: nothing };
    },
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

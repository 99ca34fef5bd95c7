import './kafkajs-patches.ts';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { monotonicMs } from '../../runtime/monotonic.ts';

const requireHere = createRequire(import.meta.url);
const hourMs = 3_600_000;
const soonMs = 1_000;
const nothing = () => undefined;
const logger = { debug: nothing, warn: nothing, error: nothing, namespace: () => logger };

function setClock(byMs: number): void {
  const at = Date.now() + byMs;
  jest.spyOn(Date, 'now').mockReturnValue(at);
}

afterEach(() => {
  jest.restoreAllMocks();
});

const directions = [
  ['back', -hourMs],
  ['forward', hourMs],
] as const;

describe('a clock that is set', () => {
  interface Queue {
    push(request: object): void;
    maybeThrottle(ms: number): void;
    scheduleRequestTimeoutCheck(): void;
    destroy(): void;
  }

  function makeQueue(requestTimeout: number) {
    const RequestQueue = requireHere('kafkajs/src/network/requestQueue') as new (options: object) => Queue;
    const queue = new RequestQueue({ maxInFlightRequests: null, requestTimeout, enforceRequestTimeout: true, logger });
    const sent: number[] = [];
    const failed: string[] = [];
    const send = (correlationId: number) => {
      queue.push({
        entry: { correlationId, resolve: nothing, reject: ({ name }: Error) => failed.push(name) },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      });
    };
    return { queue, sent, failed, send };
  }

  test.each(directions)('%s lets a throttle last as long as the broker said', async (_, byMs) => {
    const { queue, sent, send } = makeQueue(soonMs);
    const beganAt = monotonicMs();
    queue.maybeThrottle(100);
    setClock(byMs);
    send(1);
    expect(sent).toEqual([]);
    while (sent.length === 0 && monotonicMs() - beganAt < soonMs) await pause(5);
    expect(sent).toEqual([1]);
    expect(monotonicMs() - beganAt).toBeGreaterThanOrEqual(100);
    queue.destroy();
  });

  test.each(directions)('%s lets a request that is not answered end when it should', async (_, byMs) => {
    const { queue, failed, send } = makeQueue(soonMs);
    queue.scheduleRequestTimeoutCheck();
    const beganAt = monotonicMs();
    send(1);
    setClock(byMs);
    while (failed.length === 0 && monotonicMs() - beganAt < 5 * soonMs) await pause(5);
    expect(failed).toEqual(['KafkaJSRequestTimeoutError']);
    expect(monotonicMs() - beganAt).toBeGreaterThanOrEqual(soonMs);
    queue.destroy();
  });

  interface Pool {
    metadataExpireAt: number | null;
    refreshMetadata(topics: readonly string[]): Promise<void>;
    refreshMetadataIfNecessary(topics: readonly string[]): Promise<void>;
  }

  function makePool() {
    const BrokerPool = requireHere('kafkajs/src/cluster/brokerPool') as new (options: object) => Pool;
    const asked: (readonly string[])[] = [];
    const metadata = (topics: readonly string[]) => {
      asked.push(topics);
      return Promise.resolve({ brokers: [], topicMetadata: topics.map((topic) => ({ topic })) });
    };
    const pool = Object.assign(new BrokerPool({ logger, metadataMaxAge: 100, connectionPoolBuilder: {} }), {
      seedBroker: { connectionPool: { host: 'seed', port: 1 } },
      findConnectedBroker: () => Promise.resolve({ metadata }),
    });
    return { pool, asked };
  }

  test.each(directions)('%s lets metadata become old', async (_, byMs) => {
    const { pool, asked } = makePool();
    await pool.refreshMetadata(['a']);
    setClock(byMs);
    await pool.refreshMetadataIfNecessary(['a']);
    expect(asked).toHaveLength(1);
    await pause(120);
    await pool.refreshMetadataIfNecessary(['a']);
    expect(asked).toHaveLength(2);
  });

  test('lets metadata be asked for that is not there', async () => {
    const { pool, asked } = makePool();
    await pool.refreshMetadataIfNecessary(['a']);
    await pool.refreshMetadataIfNecessary(['a']);
    await pool.refreshMetadataIfNecessary(['a', 'b']);
    pool.metadataExpireAt = null;
    await pool.refreshMetadataIfNecessary(['a']);
    expect(asked).toEqual([['a'], ['a', 'b'], ['a']]);
  });
});

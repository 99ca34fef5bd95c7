/**
 * Requests to one broker that end in time. In: a broker, a request, a limit. Out: the answer, or an error when the limit passes.
 * Holds: a broker that is frozen keeps its connections open and answers nothing, so they are cut when a limit passes: what
 * waits on them fails at once, and the next request begins on a new connection.
 *
 * kafkajs has limits of its own. They are 30 s, and what waits for a throttle has none.
 */
import type { Broker, Cluster } from 'kafkajs';

/** How long a broker may take over a request that it need not wait for anybody to answer. */
export const answerMsMax = 5_000;

export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly retryable = true;
}

interface PooledConnection {
  readonly socket?: { destroy(): void };
  readonly authHandlers?: { onError(): void } | null;
  rejectRequests(error: Error): void;
  disconnect(): Promise<unknown>;
}

/** What a broker object of kafkajs has and its published type leaves out. */
interface PooledBroker {
  readonly nodeId?: number | null;
  readonly connectionPool?: { readonly pool: readonly PooledConnection[] };
}

/** @throws NoAnswerError when the limit passes; the connections of the broker are closed then */
export async function answerWithin<Answer>(
  broker: object | undefined,
  limitMs: number,
  answer: Promise<Answer>,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const { nodeId } = (broker ?? {}) as PooledBroker;
      const error = new NoAnswerError(`broker ${nodeId ?? 'unknown'} did not answer within ${limitMs} ms`);
      reject(error);
      if (broker !== undefined) cutOff(broker, error);
    }, limitMs);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Connects to a node and asks it, all within the limit. @throws NoAnswerError, and what kafkajs throws */
export function askNode<Answer>(
  cluster: Cluster,
  nodeId: string,
  limitMs: number,
  ask: (broker: Broker) => Promise<Answer>,
): Promise<Answer> {
  const { brokerPool } = cluster as unknown as { brokerPool?: { readonly brokers: Readonly<Record<string, object>> } };
  return answerWithin(brokerPool?.brokers[nodeId], limitMs, cluster.findBroker({ nodeId }).then(ask));
}

/** Closes the connections of a broker without waiting for what was asked over them. */
export function cutOff(broker: object, error: Error): void {
  for (const connection of (broker as PooledBroker).connectionPool?.pool ?? []) {
    connection.authHandlers?.onError();
    connection.rejectRequests(error);
    void connection.disconnect();
    connection.socket?.destroy();
  }
}

interface Protocol {
  readonly response: { parse(decoded: unknown): Promise<unknown> };
}

type Lookup = (apiKey: number, versions: unknown) => (fields: object) => Protocol;

/**
 * The broker, with its answers handed over as they were decoded: kafkajs throws for the first partition that has an error, and
 * says nothing of those that have none.
 */
export function withErrorsInside<Target extends object>(
  broker: Target,
  parse: (decoded: unknown) => unknown = (decoded) => decoded,
): Target {
  const plain = broker as { lookupRequest?: Lookup };
  const own = Object.create(broker) as Target & { lookupRequest: Lookup };
  own.lookupRequest = (apiKey, versions) => {
    const make = plain.lookupRequest?.(apiKey, versions);
    if (make === undefined) throw new Error('not connected');
    return (fields) => {
      const protocol = make(fields);
      return {
        ...protocol,
        response: { ...protocol.response, parse: (decoded: unknown) => Promise.resolve().then(() => parse(decoded)) },
      };
    };
  };
  return own;
}

/**
 * Clients that ask for whatever is expensive, and do not care for answers. In: keys, and when to begin and end. Out: what they
 * were answered. Each kind of work is paced, at some 40 requests a second of a client at each process: what is tried is whether
 * what is expensive has bounds, and not how many requests a second an event loop can refuse.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { answerQuestions } from '../worker.ts';
import type { HostileClient, HostileQuestions } from './neighbour-questions.ts';

interface Attack {
  readonly kind: string;
  /** Of each client, at the same time. */
  readonly atOnce: number;
  /** Rest before the next one of the same. */
  readonly restMs: number;
  readonly path: (client: HostileClient) => string;
  readonly method?: 'POST' | 'PATCH';
  readonly body?: (number: number) => object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: (client: HostileClient, number: number) => string;
  /** How much of the answer is read before the reader stops, and how long it holds it then. Default: all of it */
  readonly stopsAfter?: { readonly bytes: number; readonly heldMs: number };
}

const longAgo = '2020-01-01T00:00:00Z';
const deepFilter = { $or: Array.from({ length: 50 }, (_, index) => ({ [`data.m${index}`]: { $prefix: 'x' } })) };

const attacks: readonly Attack[] = [
  {
    kind: 'dry runs',
    atOnce: 10,
    restMs: 1_000,
    path: () => '/v1/replays',
    method: 'POST',
    body: () => ({ dryRun: true, filter: { from: longAgo, status: ['delivered', 'failed_permanent'] } }),
  },
  {
    kind: 'counts',
    atOnce: 5,
    restMs: 1_000,
    path: () => `/v1/deliveries/count?from=${longAgo}`,
  },
  {
    kind: 'exports that stop reading',
    atOnce: 5,
    restMs: 500,
    path: () => '/v1/exports/deliveries',
    stopsAfter: { bytes: 64 * 1_024, heldMs: 600_000 },
  },
  {
    kind: 'streams from 0-0',
    atOnce: 10,
    restMs: 500,
    path: () => '/v1/stream',
    headers: { 'last-event-id': '0-0' },
    stopsAfter: { bytes: Infinity, heldMs: 3_000 },
  },
  {
    kind: 'unknown bearers',
    atOnce: 5,
    restMs: 250,
    path: () => '/v1/webhooks',
    key: (_client, number) => `whk_nobody-${number}-${Math.random()}`,
  },
  {
    kind: 'filter tests',
    atOnce: 5,
    restMs: 1_000,
    path: ({ webhookId }) => `/v1/webhooks/${webhookId}/filter-test`,
    method: 'POST',
    body: () => ({
      event: {
        type: 'order.paid',
        data: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`m${index}`, 'y'])),
      },
      filter: deepFilter,
    }),
  },
  {
    kind: 'changes of one webhook',
    atOnce: 5,
    restMs: 1_000,
    path: ({ webhookId }) => `/v1/webhooks/${webhookId}`,
    method: 'PATCH',
    body: (number) => ({ description: `number ${number}` }),
  },
  {
    kind: 'long lists',
    atOnce: 5,
    restMs: 1_000,
    path: () => `/v1/deliveries?limit=250&eventType=invoice.voided&from=${longAgo}`,
  },
];

let ending: AbortController | null = null;
let all: Promise<unknown> = Promise.resolve();
let agent = new Agent();
const answers = new Map<string, number>();

function note(kind: string, outcome: string | number): void {
  const name = `${kind}: ${outcome}`;
  answers.set(name, (answers.get(name) ?? 0) + 1);
}

async function attack(url: string, client: HostileClient, one: Attack, signal: AbortSignal): Promise<void> {
  const { kind, restMs, path, method = 'GET', body, headers = {}, key } = one;
  const isOver = () => signal.aborted;
  for (let number = 0; !isOver(); number += 1) {
    const options = {
      method,
      headers: {
        authorization: `Bearer ${key?.(client, number) ?? client.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body(number)) }),
      dispatcher: agent,
      signal,
      bodyTimeout: 0,
    };
    try {
      const response = await request(`${url}${path(client)}`, options);
      note(kind, response.statusCode);
      await consumed(response.body, response.statusCode === 200 ? one.stopsAfter : undefined, signal);
    } catch (error) {
      if (!isOver()) note(kind, error instanceof Error ? error.name : 'broken off');
    }
    await pause(restMs, undefined, { signal }).catch(() => undefined);
  }
}

async function consumed(body: NodeJS.ReadableStream, stops: Attack['stopsAfter'], signal: AbortSignal): Promise<void> {
  const stream = body as NodeJS.ReadableStream & { destroy(): void };
  const heldUntil = performance.now() + (stops?.heldMs ?? Infinity);
  let bytes = 0;
  const end = () => {
    stream.destroy();
  };
  const timer = stops === undefined ? null : setTimeout(end, stops.heldMs).unref();
  try {
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (stops !== undefined && bytes >= stops.bytes) {
        // It is held, and nothing is read from it.
        await pause(Math.max(0, heldUntil - performance.now()), undefined, { signal });
        break;
      }
    }
  } catch (error) {
    // That it is over was wanted here.
    if (stops === undefined) throw error;
  } finally {
    if (timer !== null) clearTimeout(timer);
    stream.destroy();
  }
}

answerQuestions<HostileQuestions>({
  begin: ({ urls, clients }) => {
    const { signal } = (ending = new AbortController());
    agent = new Agent({ connections: 500, pipelining: 1 });
    answers.clear();
    all = Promise.all(
      urls.flatMap((url) =>
        clients.flatMap((client) =>
          attacks.flatMap((one) => Array.from({ length: one.atOnce }, () => attack(url, client, one, signal))),
        ),
      ),
    );
    return null;
  },
  end: async () => {
    ending?.abort();
    await all;
    await agent.destroy();
    return Object.fromEntries([...answers].sort(([a], [b]) => (a < b ? -1 : 1)));
  },
});

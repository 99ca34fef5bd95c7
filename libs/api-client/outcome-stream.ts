/**
 * Follows GET /v1/stream. In: where to begin. Out: outcomes one by one, in the order of the stream, each with the id to
 * go on from. What must hold: after a lost connection it goes on behind the last outcome that it gave; a connection
 * that says nothing for a while, not even a heartbeat, counts as lost.
 */
import { createParser } from 'eventsource-parser';
import { ApiProblem, ApiUnreachable } from './api-problem.ts';

export interface StreamOptions {
  /** Without path. */
  readonly url: string;
  readonly key: string;
  readonly signal: AbortSignal;
  /** Parameters of the stream. */
  readonly query?: Readonly<Record<string, string>>;
  /** Goes on behind this one; null: with what happens from now on. */
  readonly lastEventId?: string | null;
  /** Longer than the server's heartbeat. */
  readonly silenceMaxMs?: number;
  /** The connection stands. */
  readonly onOpen?: () => void;
  /** The connection is lost, or did not come about, and will be made anew; what this throws ends it instead. */
  readonly onLost?: (reason: string, error: unknown) => void;
}

export interface StreamItem {
  /** Opaque; null when the stream gave none. */
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

const silenceDefaultMs = 60_000;
const backOffMs = [250, 500, 1_000, 2_000, 5_000];

/** Ends when the signal does. @throws ApiProblem when the API refuses, such as a key that is no good */
export async function* followStream(options: StreamOptions): AsyncGenerator<StreamItem, void, undefined> {
  const { signal, onLost } = options;
  let lastEventId = options.lastEventId ?? null;
  const isEnded = () => signal.aborted;
  for (let tries = 0; !isEnded(); tries += 1) {
    try {
      for await (const item of oneConnection(options, lastEventId)) {
        lastEventId = item.id ?? lastEventId;
        tries = 0;
        yield item;
      }
      onLost?.('the server ended it', null);
    } catch (error) {
      if (isEnded()) return;
      if (error instanceof ApiProblem && !error.isRetryable) throw error;
      onLost?.(error instanceof Error ? error.message : String(error), error);
    }
    const delayMs = backOffMs[Math.min(tries, backOffMs.length - 1)] ?? 0;
    await pause(delayMs, signal);
  }
}

async function* oneConnection(options: StreamOptions, lastEventId: string | null): AsyncGenerator<StreamItem> {
  const connection = new AbortController();
  const signal = AbortSignal.any([options.signal, connection.signal]);
  try {
    const reader = (await connected(options, lastEventId, signal)).pipeThrough(new TextDecoderStream()).getReader();
    const items: StreamItem[] = [];
    const parser = createParser({
      onEvent: ({ id, event, data }) =>
        items.push({ id: id ?? null, event: event ?? 'message', data: JSON.parse(data) as unknown }),
    });
    for (;;) {
      const { done, value } = await withinSilence(reader.read(), silenceOf(options));
      if (done) return;
      parser.feed(value);
      yield* items.splice(0);
    }
  } finally {
    // Whoever stops listening in the middle leaves no connection behind.
    connection.abort();
  }
}

/** As little as a stream may one that does not come about say nothing. */
async function connected(options: StreamOptions, lastEventId: string | null, signal: AbortSignal) {
  try {
    return await withinSilence(connect(options, lastEventId, signal), silenceOf(options));
  } catch (cause) {
    if (cause instanceof ApiProblem || cause instanceof ApiUnreachable) throw cause;
    throw new ApiUnreachable(options.url, cause);
  }
}

function silenceOf(options: StreamOptions): number {
  return options.silenceMaxMs ?? silenceDefaultMs;
}

async function connect(
  { url, key, query = {}, onOpen }: StreamOptions,
  lastEventId: string | null,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const address = new URL('/v1/stream', url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  const headers = {
    authorization: `Bearer ${key}`,
    accept: 'text/event-stream',
    ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
  };
  const response = await fetch(address, { headers, signal }).catch((cause: unknown) => {
    throw new ApiUnreachable(url, cause);
  });
  if (!response.ok) throw ApiProblem.of(response, await response.json().catch(() => null));
  if (response.body === null) throw new ApiUnreachable(url, new Error('its answer has no body'));
  onOpen?.();
  return response.body;
}

async function withinSilence<T>(read: Promise<T>, silenceMaxMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`nothing came for ${silenceMaxMs / 1000} s`));
  }, silenceMaxMs);
  try {
    return await Promise.race([read, promise]);
  } finally {
    clearTimeout(timer);
    // Lost to the timer, it may still fail: nobody waits for it any more.
    read.catch(() => undefined);
  }
}

/** Ends early when the signal does. */
async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = () => {
    resolve(undefined);
  };
  const timer = setTimeout(end, delayMs);
  signal.addEventListener('abort', end);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
}

/**
 * Follows GET /v1/stream for as long as the signal lasts. In: the filter and where to go on. Out: what came, in the order of
 * the stream, and how the connection stands. Holds: a connection that is lost, or was let go while nobody looked, goes on
 * behind the last id that was seen, so nothing is missed and nothing comes twice.
 */
import { ApiProblem, ApiUnreachable } from '../../../libs/api-client/api-problem.ts';
import type { Schemas } from '../../api/api.ts';
import { problemOf, request } from '../../api/api.ts';
import { anySignal } from '../../api/older-browsers.ts';
import { queryText, type Query } from '../../api/reads.ts';
import { EventBlocks, type EventBlock } from './event-blocks.ts';

export type LiveOutcome = Schemas['StreamedOutcome'];

export interface Gap {
  /** Null: nobody knows since when. */
  readonly from: string | null;
  readonly until: string;
}

export type StreamState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** @property again Unix milliseconds */
  | { readonly kind: 'lost'; readonly again: number; readonly isTooMany: boolean }
  /** It is not tried again by itself. */
  | { readonly kind: 'refused'; readonly error: unknown };

export interface StreamWatcher {
  readonly onState: (state: StreamState) => void;
  /** @param id of the last of them, to go on from */
  readonly onOutcomes: (outcomes: readonly LiveOutcome[]) => void;
  readonly onGap: (gap: Gap) => void;
  /** Where the stream stands, though nothing may have come. */
  readonly onId: (id: string) => void;
}

/** The API shows every 15 s that it is alive. */
const silenceMaxMs = 45_000;
const backOffMs = [1_000, 2_000, 5_000, 10_000, 20_000];

/** @param lastId null: from now on */
export async function followLive(
  query: Query,
  lastId: string | null,
  watcher: StreamWatcher,
  signal: AbortSignal,
): Promise<void> {
  let id = lastId;
  const noting: StreamWatcher = {
    ...watcher,
    onId: (seen) => {
      id = seen;
      watcher.onId(seen);
    },
  };
  const isOver = () => signal.aborted;
  for (let tries = 0; !isOver(); tries += 1) {
    let error: unknown = null;
    try {
      watcher.onState({ kind: 'connecting' });
      const connected = () => {
        tries = 0;
        watcher.onState({ kind: 'connected' });
      };
      await oneConnection(query, id, noting, connected, signal);
    } catch (cause) {
      error = cause;
    }
    if (isOver()) return;
    if (error instanceof ApiProblem && !error.isRetryable) {
      watcher.onState({ kind: 'refused', error });
      return;
    }
    const asked = error instanceof ApiProblem && error.retryAfterS !== null ? error.retryAfterS * 1000 : 0;
    const waitMs = Math.max(asked, backOffMs[Math.min(tries, backOffMs.length - 1)] ?? 0);
    const isTooMany = error instanceof ApiProblem && error.code === 'too_many_open';
    watcher.onState({ kind: 'lost', again: Date.now() + waitMs, isTooMany });
    await pause(waitMs, signal);
  }
}

async function oneConnection(
  query: Query,
  lastId: string | null,
  watcher: StreamWatcher,
  onConnected: () => void,
  signal: AbortSignal,
): Promise<void> {
  const connection = new AbortController();
  const within = anySignal([signal, connection.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      connection.abort(new Error(`nothing came for ${silenceMaxMs / 1000} s`));
    }, silenceMaxMs);
  };
  try {
    heard();
    const body = await open(query, lastId, within);
    onConnected();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const blocks = new EventBlocks();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      heard();
      handOut(blocks.feed(part.value), watcher);
    }
  } finally {
    clearTimeout(timer);
    connection.abort();
  }
}

function handOut(blocks: readonly EventBlock[], watcher: StreamWatcher): void {
  const outcomes: LiveOutcome[] = [];
  for (const { event, data } of blocks) {
    if (data === null) continue;
    if (event === 'outcome') outcomes.push(JSON.parse(data) as LiveOutcome);
    else if (event === 'gap') watcher.onGap(JSON.parse(data) as Gap);
  }
  if (outcomes.length > 0) watcher.onOutcomes(outcomes);
  const id = blocks.findLast((block) => block.id !== null)?.id ?? null;
  if (id !== null) watcher.onId(id);
}

async function open(query: Query, lastId: string | null, signal: AbortSignal): Promise<ReadableStream<BufferSource>> {
  const headers = { accept: 'text/event-stream', ...(lastId !== null && { 'last-event-id': lastId }) };
  const response = await request(`/v1/stream${queryText(query)}`, { headers, signal }, null);
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
  if (response.body === null) throw new ApiUnreachable('', new Error('its answer has no body'));
  return response.body;
}

/** Ends early when the signal does. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

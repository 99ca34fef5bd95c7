/**
 * The management API as a typed client sees it: paths, parameters and answers as the OpenAPI document has them.
 * In: an address and a key. Out: calls that resolve with the data of a good answer and reject with an
 * {@link ApiProblem} or an {@link ApiUnreachable}. What must hold: no error shows the key.
 */
import createFetchClient, { type Client } from 'openapi-fetch';
import { ApiProblem, ApiUnreachable } from './api-problem.ts';
import type { components, paths } from './generated/api.d.ts';

export type ApiClient = Client<paths>;
/** Objects of the API, by their names in the document. */
export type ApiSchemas = components['schemas'];

export type Fetch = (request: Request) => Promise<Response>;

export interface ApiClientOptions {
  /** Without path, such as http://127.0.0.1:3000. */
  readonly url: string;
  readonly key: string;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  /** For one call, from its beginning to the end of its answer; a ping alone takes up to 35 s. */
  readonly timeoutMs?: number;
  /** Default: that of the platform. */
  readonly fetch?: Fetch;
}

const timeoutDefaultMs = 60_000;

export function createApiClient(options: ApiClientOptions): ApiClient {
  const { url, key, signal, timeoutMs = timeoutDefaultMs, fetch: send = (request) => fetch(request) } = options;
  return createFetchClient<paths>({
    baseUrl: url,
    headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
    fetch: async (request: Request) => {
      const signals = [request.signal, ...(signal === undefined ? [] : [signal])];
      try {
        return await send(bounded(request, signals, timeoutMs));
      } catch (cause) {
        if (signal?.aborted === true) throw cause;
        throw new ApiUnreachable(url, cause);
      }
    },
  });
}

/**
 * The same request, ended by the first of these signals or when it is late. `AbortSignal.any` does not do: of a request
 * that follows such a signal, Node.js 24 may collect what ends it, and then nothing does.
 */
function bounded(request: Request, signals: readonly AbortSignal[], timeoutMs: number): Request {
  const ending = new AbortController();
  const same = new Request(request, { signal: ending.signal });
  const follow = signals.map((signal) => {
    const end = () => {
      ending.abort(signal.reason);
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
    return () => {
      signal.removeEventListener('abort', end);
    };
  });
  // Also keeps all of them in memory.
  const timer: { unref?: () => unknown } | number = setTimeout(() => {
    for (const leave of follow) leave();
    ending.abort(Object.assign(new Error(`${request.method} ${same.url} took too long`), { name: 'TimeoutError' }));
  }, timeoutMs);
  // In Node.js it holds up no exit; in a browser a timer is a number.
  if (typeof timer === 'object') timer.unref?.();
  return same;
}

interface Result<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * The data of a good answer.
 * @throws ApiProblem for any other, ApiUnreachable when there was none, or none of this API
 */
export async function dataOf<Data>(result: Promise<Result<Data>>): Promise<Data> {
  let answer: Result<Data>;
  try {
    answer = await result;
  } catch (cause) {
    if (isTimeout(cause)) throw new ApiUnreachable('', cause);
    if (cause instanceof SyntaxError) throw new ApiUnreachable('', new Error('its answer is not JSON', { cause }));
    throw cause;
  }
  const { data, error, response } = answer;
  if (!response.ok) throw ApiProblem.of(response, error);
  return data as Data;
}

/** It began to answer, and did not come to an end. */
function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'TimeoutError';
}

/**
 * The API as the page calls it: with the token of the session, and with what every answer means for the page. A 401 is
 * met by one renewal of the session; where that fails the session is over.
 */
import createFetchClient from 'openapi-fetch';
import { ApiProblem, ApiUnreachable } from '../../libs/api-client/api-problem.ts';
import type { components, paths } from '../../libs/api-client/generated/api.d.ts';
import { enter, leave, presentToken, sessionState } from '../session/session.ts';
import { noteAnswer, noteSilence } from './connection.ts';
import { anySignal } from './older-browsers.ts';
import { apiOrigin } from './page-addresses.ts';

export type Schemas = components['schemas'];

/** What a good answer to GET is. */
export type Answer<Path extends keyof paths> = paths[Path] extends {
  readonly get: {
    readonly responses: { readonly 200: { readonly content: { readonly 'application/json': infer Body } } };
  };
}
  ? Body
  : never;

/** The longest that one answer may take; a ping alone takes up to 35 s. */
const timeoutMs = 60_000;

export const api = createFetchClient<paths>({ baseUrl: apiOrigin, fetch: (asked) => send(asked) });

/**
 * One request below the API's address with the token of the session, for answers that are not JSON or not described.
 * @param within milliseconds; null: an export takes as long as it takes
 * @throws ApiUnreachable
 */
export function request(path: string, init: RequestInit = {}, within: number | null = timeoutMs): Promise<Response> {
  return send(new Request(`${apiOrigin}${path}`, init), within);
}

async function send(asked: Request, within: number | null = timeoutMs): Promise<Response> {
  // A token that the request brings itself says nothing of the session.
  const token = asked.headers.has('authorization') ? null : presentToken();
  // A body can be read once: what may be sent again is copied before.
  const again = token === null ? null : asked.clone();
  const response = await sendWith(asked, token, within);
  if (response.status !== 401 || token === null || again === null) return response;
  const renewed = await renew(token);
  if (renewed === null) {
    if (presentToken() === token) leave('ended');
    return response;
  }
  return sendWith(again, renewed, within);
}

async function sendWith(asked: Request, token: string | null, within: number | null = timeoutMs): Promise<Response> {
  const headers = new Headers(asked.headers);
  headers.set('accept', headers.get('accept') ?? 'application/json');
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const signal = within === null ? asked.signal : anySignal([asked.signal, AbortSignal.timeout(within)]);
  try {
    const response = await fetch(new Request(asked, { headers, signal, credentials: 'omit', cache: 'no-store' }));
    noteAnswer();
    return response;
  } catch (cause) {
    if (asked.signal.aborted) throw cause;
    noteSilence(Date.now());
    throw new ApiUnreachable('', cause);
  }
}

let renewal: { readonly of: string; readonly token: Promise<string | null> } | null = null;

/** A new token of the same session; one request for all that ask at once. Null: it cannot be renewed. */
export function renew(token: string): Promise<string | null> {
  if (renewal?.of === token) return renewal.token;
  const asked = { of: token, token: askForRenewal(token) };
  renewal = asked;
  void asked.token.then((renewed) => {
    // No answer is no refusal for good.
    if (renewed === null && renewal === asked) renewal = null;
  });
  return asked.token;
}

async function askForRenewal(token: string): Promise<string | null> {
  if (!token.startsWith('whp_')) return null;
  const asked = new Request(`${apiOrigin}/v1/me/renewal`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': newIntention() },
    body: '{}',
  });
  const response = await sendWith(asked, token).catch(() => null);
  if (response?.ok !== true) return null;
  const { token: renewed } = (await response.json()) as { token?: string };
  const state = sessionState.get();
  if (renewed !== undefined && state.kind === 'in') enter({ ...state.session, token: renewed });
  return renewed ?? null;
}

interface Result<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data of a good answer. @throws ApiProblem for any other, ApiUnreachable when none came */
export async function dataOf<Data>(result: Promise<Result<Data>>): Promise<Data> {
  const { data, error, response } = await result.catch((cause: unknown) => {
    throw cause instanceof SyntaxError ? new ApiUnreachable('', new Error('its answer is not JSON', { cause })) : cause;
  });
  if (!response.ok) throw problemOf(response, error);
  return data as Data;
}

/** Names the request also where only a header does. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const requestId = response.headers.get('x-request-id');
  const document = typeof body === 'object' && body !== null ? body : {};
  return ApiProblem.of(response, requestId === null ? document : { requestId, ...document });
}

/** An `Idempotency-Key`: one for each thing that somebody means to do. Also where the page is not served over TLS. */
export function newIntention(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

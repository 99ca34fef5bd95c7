/** From what somebody typed to a session. A client's key is exchanged at once and forgotten; an admin's key stays in memory. */
import { presentCaller, type Caller } from '../api/caller.ts';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { newIntention, problemOf, request } from '../api/api.ts';
import { queryClient } from '../api/queries.ts';
import { enter, pageNumber, sessionState, tokenPattern, type Session } from './session.ts';

/** As the session endpoint has it; more than that is refused. */
const sessionMinutes = 12 * 60;

/**
 * What is open stays where it is of the same client, and is read again; a session of another one begins a new page.
 * @param mayKeep false: it lives as long as this page
 * @throws ApiProblem, ApiUnreachable
 */
export async function signIn(typed: string, mayKeep = true): Promise<void> {
  const token = typed.trim();
  if (!tokenPattern.test(token)) throw new ApiProblem(401, notAKey, null);
  const headers = { authorization: `Bearer ${token}` };
  const caller = await read<Caller>(await request('/v1/me', { headers }));
  const session = caller.kind === 'portal' ? { token, isKept: true } : await exchanged(token, caller);
  const { kind } = sessionState.get();
  const before = presentCaller();
  const isSame = (kind === 'in' || kind === 'ended') && before !== undefined && before.clientId === caller.clientId;
  if (!isSame) {
    queryClient.clear();
    pageNumber.set(pageNumber.get() + 1);
  }
  enter({ ...session, isKept: session.isKept && mayKeep });
  queryClient.removeQueries({ queryKey: ['me'] });
  void queryClient.invalidateQueries();
}

const notAKey = { code: 'unauthenticated', detail: 'This is neither a key nor a portal token.' } as const;

async function exchanged(token: string, { role, clientId }: Caller): Promise<Session> {
  if (role === 'admin' || clientId === null) return { token, isKept: false };
  const response = await request('/v1/me/sessions', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': newIntention(),
    },
    body: JSON.stringify({ expiresInMinutes: sessionMinutes }),
  });
  return { token: (await read<{ token: string }>(response)).token, isKept: true };
}

async function read<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response, body);
  return body as T;
}

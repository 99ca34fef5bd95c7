/**
 * Who is signed in. In: a token from the address, from another tab, or typed. Out: the token for each request. Holds: a
 * token is in memory and in sessionStorage, an admin's key in memory only; neither is in the address, in a cookie or in
 * localStorage. What was typed on a page outlives the end of a session; another client's session begins a new page.
 */
import { parsedUrl } from '../api/older-browsers.ts';
import { ObservedValue } from './observed-value.ts';

export interface Session {
  readonly token: string;
  /** False: it must not outlive this page, as with an admin's key. */
  readonly isKept: boolean;
}

export type SessionState =
  /** Other tabs are asked. */
  | { readonly kind: 'looking' }
  | { readonly kind: 'out' }
  /** Several tabs answered, for several clients. */
  | { readonly kind: 'choice'; readonly offers: readonly OfferedSession[] }
  | { readonly kind: 'in'; readonly session: Session }
  /** It ended while somebody worked: the page stays as it is, behind a dialog. */
  | { readonly kind: 'ended'; readonly session: Session };

export interface OfferedSession extends Session {
  /** Of the session: two tabs may have it, with tokens of different age. */
  readonly id: string;
  /** What tells one from another for a person: whose it is, and for whom it was opened. */
  readonly label: string;
}

const key = 'deeperhub.session';

export const sessionState = new ObservedValue<SessionState>({ kind: 'looking' });

/** Counts pages: what somebody typed as one client is not there for another. */
export const pageNumber = new ObservedValue(0);

export function presentToken(): string | null {
  const state = sessionState.get();
  return state.kind === 'in' ? state.session.token : null;
}

export function enter(session: Session): void {
  keep(session);
  sessionState.set({ kind: 'in', session });
}

/** @param why what the server said, or that somebody signed out */
export function leave(why: 'ended' | 'signed-out'): void {
  keep(null);
  const state = sessionState.get();
  if (why === 'ended' && state.kind === 'in') sessionState.set({ kind: 'ended', session: state.session });
  else sessionState.set({ kind: 'out' });
}

/** Of this tab; null: none, or none that may be kept. */
export function keptSession(): Session | null {
  try {
    const said = JSON.parse(sessionStorage.getItem(key) ?? 'null') as { token?: unknown } | null;
    return typeof said?.token === 'string' ? { token: said.token, isKept: true } : null;
  } catch {
    return null;
  }
}

function keep(session: Session | null): void {
  try {
    if (session?.isKept === true) sessionStorage.setItem(key, JSON.stringify({ token: session.token }));
    else sessionStorage.removeItem(key);
  } catch {
    // Where storage is refused the session lives as long as the page.
  }
}

/** What an `Authorization` header can say. */
export const tokenPattern = /^[\x21-\x7e]{1,8000}$/;

export interface Handed {
  readonly token: string | null;
  /** A path of the portal; null: none, or none that may be gone to. */
  readonly next: string | null;
}

/** What a link brought behind its #, which is taken out of the address at once. */
export function takeHanded(place: Location, history: History): Handed {
  if (!/^#(?:.*&)?token=/.test(place.hash)) return { token: null, next: null };
  const said = new URLSearchParams(place.hash.slice(1));
  history.replaceState(null, '', place.pathname + place.search);
  const token = said.get('token') ?? '';
  return { token: tokenPattern.test(token) ? token : null, next: portalPath(said.get('next')) };
}

/** A path within the portal, or null: never another place, however it is written. */
export function portalPath(said: string | null): string | null {
  if (said === null || !/^\/(?![/\\])/.test(said) || /[\p{Cc}\\]/u.test(said)) return null;
  const url = parsedUrl(said, 'https://portal.invalid');
  return url?.host === 'portal.invalid' ? url.pathname + url.search : null;
}

/** Reads whose query comes from the address of the page: as plain texts, several of one name allowed. */
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { problemOf, request } from './api.ts';

export type Query = Readonly<Record<string, string | number | readonly string[] | null | undefined>>;

export interface ListPage<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
  readonly prevCursor: string | null;
  /** Where the search for what fits the filter ended early; null: it did not. */
  readonly searchedTo?: string | null;
}

export function queryText(query: Query): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value]) {
      if (one !== null && one !== undefined && one !== '') said.append(name, String(one));
    }
  }
  const text = said.toString();
  return text === '' ? '' : `?${text}`;
}

/** @throws ApiProblem, ApiUnreachable */
export async function read<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const response = await request(`${path}${queryText(query)}`, signal === undefined ? {} : { signal });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response, body);
  return body as T;
}

/** The same as it was written. @throws ApiProblem, ApiUnreachable */
export async function readText(path: string, query: Query = {}, signal?: AbortSignal): Promise<string> {
  const response = await request(`${path}${queryText(query)}`, signal === undefined ? {} : { signal });
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
  return response.text();
}

/**
 * The same where an older API may not know some of the query: it is then asked without that.
 * @param newer names that may be left out
 */
export async function readWithout<T>(
  path: string,
  query: Query,
  newer: readonly string[],
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await read<T>(path, query, signal);
  } catch (error) {
    const isOlder =
      error instanceof ApiProblem &&
      error.status === 422 &&
      error.errors.length > 0 &&
      error.errors.every(({ path: place, rule }) => rule === 'unknown' && newer.includes(place.replace(/^\W/, '')));
    if (!isOlder) throw error;
    return read<T>(path, Object.fromEntries(Object.entries(query).filter(([name]) => !newer.includes(name))), signal);
  }
}

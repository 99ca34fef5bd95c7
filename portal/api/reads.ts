/** Reads whose query comes from the address of the page: as plain texts, several of one name allowed. */
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

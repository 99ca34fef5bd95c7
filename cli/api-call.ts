/** Calls of the API by their names alone, for commands that take what the API takes and show what it answers. */
import { dataOf, type ApiClient } from '../libs/api-client/api-client.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Call {
  readonly method: Method;
  /** Such as /v1/webhooks/{id}. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: object;
}

/** The same client, to which any path is one. */
interface AnyClient {
  readonly request: (method: Method, path: string, init: object) => Parameters<typeof dataOf<unknown>>[0];
}

/** @throws ApiProblem, ApiUnreachable */
export function apiCall(api: ApiClient, { method, path, params, query = {}, body }: Call): Promise<unknown> {
  const init = { params: { path: params, query }, ...(body !== undefined && { body }) };
  // JSON Merge Patch goes as JSON: the API takes either.
  return dataOf((api as unknown as AnyClient).request(method, path, init));
}

/** Whose it is to be. A client's key says so by itself; an admin's does not, and often there is one client only. */
import { dataOf, type ApiClient } from '../libs/api-client/api-client.ts';
import { ApiProblem } from '../libs/api-client/api-problem.ts';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const listedMax = 10;

/**
 * Calls with what `--client` says; without it with nothing, and if the API then misses a client, with the only one there
 * is. @throws CliFailure usage when there are several, or none
 */
export async function withClient<T>(
  api: ApiClient,
  named: string | null,
  terminal: Terminal,
  call: (owner: { readonly clientId?: string }) => Promise<T>,
): Promise<T> {
  if (named !== null) return call({ clientId: named });
  try {
    return await call({});
  } catch (error) {
    if (!isClientMissing(error)) throw error;
  }
  const clientId = await onlyClient(api);
  terminal.remark(`For client ${clientId}, the only one there is.`);
  return call({ clientId });
}

function isClientMissing(error: unknown): boolean {
  return error instanceof ApiProblem && error.errors.some(({ path }) => path === '/clientId');
}

async function onlyClient(api: ApiClient): Promise<string> {
  const { data, nextCursor } = await dataOf(api.GET('/v1/clients', { params: { query: { limit: listedMax } } }));
  const [only, ...others] = data;
  if (only === undefined) {
    throw new CliFailure(
      'usage',
      'There is no client yet: create one with POST /v1/clients, or use the key of a client.',
    );
  }
  if (others.length === 0) return only.id;
  const names = data.map(({ id }) => id).join(', ');
  throw new CliFailure('usage', `Name the client with --client: ${names}${nextCursor === null ? '' : ', …'}.`);
}

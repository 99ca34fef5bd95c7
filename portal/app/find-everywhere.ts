/** What has a certain id, whatever it is. */
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { api, dataOf } from '../api/api.ts';

export interface Finding {
  readonly kind: 'webhook' | 'delivery' | 'event' | 'replay';
  /** Its id, or the address of a webhook. */
  readonly name: string;
  readonly to: string;
  readonly params: { readonly id: string };
}

/** Pages of webhooks that are looked through for a part of an address. */
const webhookPagesMax = 4;

/** @throws ApiProblem, ApiUnreachable */
export async function findEverywhere(sought: string): Promise<readonly Finding[]> {
  const byId = await Promise.all([webhookOf(sought), deliveryOf(sought), eventOf(sought), replayOf(sought)]);
  const found = byId.filter((finding) => finding !== null);
  return found.length > 0 ? found : webhooksAt(sought);
}

const byIdPaths = {
  webhook: '/webhooks/$id',
  delivery: '/deliveries/$id',
  event: '/events/$id',
  replay: '/replays/$id',
};

function finding(kind: Finding['kind'], id: string, name = id): Finding {
  return { kind, name, to: byIdPaths[kind], params: { id } };
}

async function webhookOf(id: string) {
  const found = await orNone(dataOf(api.GET('/v1/webhooks/{id}', { params: { path: { id } } })));
  return found === null ? null : finding('webhook', found.id, found.url);
}

async function deliveryOf(id: string) {
  const found = await orNone(dataOf(api.GET('/v1/deliveries/{id}', { params: { path: { id } } })));
  return found === null ? null : finding('delivery', found.id);
}

async function eventOf(id: string) {
  const found = await orNone(dataOf(api.GET('/v1/events/{id}', { params: { path: { id } } })));
  return found === null ? null : finding('event', found.id);
}

async function replayOf(id: string) {
  const found = await orNone(dataOf(api.GET('/v1/replays/{id}', { params: { path: { id } } })));
  return found === null ? null : finding('replay', found.id);
}

/** Null where it is nobody's id, or cannot be one. */
async function orNone<T>(result: Promise<T>): Promise<T | null> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof ApiProblem && [400, 404, 422].includes(error.status)) return null;
    throw error;
  }
}

async function webhooksAt(part: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < webhookPagesMax; page += 1) {
    const query = { limit: 250, ...(cursor !== undefined && { cursor }) };
    const { data, nextCursor } = await dataOf(api.GET('/v1/webhooks', { params: { query } }));
    findings.push(...data.filter(({ url }) => url.includes(part)).map(({ id, url }) => finding('webhook', id, url)));
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return findings;
}

/** What has a certain id, whatever it is; where nothing has it, webhooks by a part of their address. */
import { api, dataOf, type Schemas } from '../api/api.ts';

type Kind = Schemas['SearchHit']['kind'];

export interface Finding {
  readonly kind: Kind;
  /** Its id, or the address of a webhook. */
  readonly name: string;
  readonly to: string;
  readonly params: { readonly id: string };
}

/** As the API takes them. */
export const soughtMax = 256;
const partMax = 200;
const limit = 250;

const paths: Readonly<Record<Kind, string>> = {
  webhook: '/webhooks/$id',
  delivery: '/deliveries/$id',
  event: '/events/$id',
  replay: '/replays/$id',
};

function finding(kind: Kind, id: string, name = id): Finding {
  return { kind, name, to: paths[kind], params: { id } };
}

/** @throws ApiProblem, ApiUnreachable */
export async function findEverywhere(sought: string): Promise<readonly Finding[]> {
  const { data } = await dataOf(api.GET('/v1/search', { params: { query: { q: sought } } }));
  // Events of several sources may have one id, which leads to one page.
  const found = new Map(data.map(({ kind, id }) => [`${kind} ${id}`, finding(kind, id)]));
  if (found.size > 0 || sought.length > partMax) return [...found.values()];
  const query = { q: sought, limit };
  const webhooks = await dataOf(api.GET('/v1/webhooks', { params: { query } }));
  return webhooks.data.map(({ id, url }) => finding('webhook', id, url));
}

/** What a test needs of the API: a client, its webhooks, what became of its deliveries. */
import { randomUUID } from 'node:crypto';
import { dataOf, type ApiSchemas } from '../../libs/api-client/api-client.ts';
import type { paths } from '../../libs/api-client/generated/api.d.ts';
import type { System } from './app-harness.ts';

export interface TestClient {
  readonly id: string;
  /** A key of role `client`. */
  readonly key: string;
}

export interface TestWebhook {
  readonly id: string;
  readonly secret: string;
}

export type DeliveryView = ApiSchemas['DeliveryDetail'];
type ListedDelivery = ApiSchemas['Delivery'];
type DeliveryFilters = NonNullable<paths['/v1/deliveries']['get']['parameters']['query']>;
type NewWebhook = paths['/v1/webhooks']['post']['requestBody']['content']['application/json'];

export async function createClient(system: System, name = 'Acme'): Promise<TestClient> {
  const api = system.client();
  const { id } = await dataOf(api.POST('/v1/clients', { body: { name } }));
  const path = { id };
  const { key } = await dataOf(
    api.POST('/v1/clients/{id}/api-keys', { params: { path }, body: { name: 'test', role: 'client' } }),
  );
  system.secrets.plant('the key of a client', key);
  return { id, key };
}

export async function createWebhook(
  system: System,
  client: TestClient,
  more: Partial<NewWebhook> & Pick<NewWebhook, 'url'>,
): Promise<TestWebhook> {
  const body = { eventTypes: ['*'], ...more };
  const webhook = await dataOf(system.client(client.key).POST('/v1/webhooks', { body }));
  system.secrets.plant('the secret of a webhook', webhook.secret);
  return webhook;
}

/** All deliveries of the client, newest first, page by page. */
export async function listDeliveries(
  system: System,
  client: TestClient,
  filters: DeliveryFilters = {},
): Promise<ListedDelivery[]> {
  const api = system.client(client.key);
  const found: ListedDelivery[] = [];
  let cursor: string | null = null;
  do {
    const query: DeliveryFilters = { ...filters, limit: 250, ...(cursor !== null && { cursor }) };
    const page: { data: ListedDelivery[]; nextCursor: string | null } = await dataOf(
      api.GET('/v1/deliveries', { params: { query } }),
    );
    found.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

export function getDelivery(system: System, client: TestClient, id: string): Promise<DeliveryView> {
  return dataOf(system.client(client.key).GET('/v1/deliveries/{id}', { params: { path: { id } } }));
}

/** A CloudEvent as a platform service would put it on Kafka. */
export function cloudEvent(client: TestClient, data: object, change: object = {}): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/test',
    type: 'order.created',
    time: new Date().toISOString(),
    clientid: client.id,
    datacontenttype: 'application/json',
    data,
    ...change,
  };
}

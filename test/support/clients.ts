/** What a test needs of the API: a client, its webhooks, what became of its deliveries. */
import { randomUUID } from 'node:crypto';
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

export interface DeliveryView {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly status: string;
  readonly reason: string | null;
  readonly attemptCount: number;
  readonly payloadSent: string;
  readonly attempts: readonly {
    readonly attempt: number;
    readonly trigger: string;
    readonly startedAt: string;
    readonly outcome: string;
    readonly responseCode: number | null;
    readonly responseBodySample: string | null;
    readonly requestHeaders: Readonly<Record<string, string>>;
    readonly latencyMs: number | null;
    readonly error: { readonly kind: string; readonly message: string } | null;
  }[];
}

async function created<T>(system: System, path: string, body: object, key?: string): Promise<T> {
  const response = await system.api('POST', path, body, key);
  if (response.status !== 201) throw new Error(`POST ${path}: ${response.status} ${JSON.stringify(response.body)}`);
  return response.body as T;
}

export async function createClient(system: System, name = 'Acme'): Promise<TestClient> {
  const { id } = await created<{ id: string }>(system, '/v1/clients', { name });
  const path = `/v1/clients/${id}/api-keys`;
  const { key } = await created<{ key: string }>(system, path, { name: 'test', role: 'client' });
  system.secrets.plant('the key of a client', key);
  return { id, key };
}

export async function createWebhook(system: System, client: TestClient, body: object): Promise<TestWebhook> {
  const webhook = await created<TestWebhook>(system, '/v1/webhooks', { eventTypes: ['*'], ...body }, client.key);
  system.secrets.plant('the secret of a webhook', webhook.secret);
  return webhook;
}

/** All deliveries of the client, newest first, page by page. */
export async function listDeliveries(system: System, client: TestClient, query = ''): Promise<DeliveryView[]> {
  const found: DeliveryView[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = await system.api(
      'GET',
      `/v1/deliveries?limit=250${query}${cursor === '' ? '' : `&cursor=${cursor}`}`,
      undefined,
      client.key,
    );
    if (page.status !== 200) throw new Error(`GET /v1/deliveries: ${page.status} ${JSON.stringify(page.body)}`);
    const { data, nextCursor } = page.body as { data: DeliveryView[]; nextCursor: string | null };
    found.push(...data);
    cursor = nextCursor === null ? null : encodeURIComponent(nextCursor);
  }
  return found;
}

export async function getDelivery(system: System, client: TestClient, id: string): Promise<DeliveryView> {
  const response = await system.api('GET', `/v1/deliveries/${id}`, undefined, client.key);
  if (response.status !== 200) throw new Error(`GET delivery: ${response.status} ${JSON.stringify(response.body)}`);
  return response.body as DeliveryView;
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

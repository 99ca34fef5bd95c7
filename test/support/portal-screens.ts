/** A client with something to see on every screen of the portal, and where each screen is. */
import { dataOf } from '../../libs/api-client/api-client.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from './clients.ts';
import { portalToken } from './portal-pages.ts';
import type { PortalStage } from './portal-stage.ts';
import { startReceiver } from './receivers/recording-receiver.ts';
import { until } from './until.ts';

export interface SeededPortal {
  readonly client: TestClient;
  /** Of a session that may do everything. */
  readonly token: string;
  readonly webhookId: string;
  /** Every screen, with the tabs of one delivery, below the portal's own path. */
  readonly paths: readonly string[];
  readonly close: () => Promise<void>;
}

/** A webhook, two events of which one is tried again, a replay that was only counted, and an event type. */
export async function seedPortal(stage: PortalStage): Promise<SeededPortal> {
  const client = await createClient(stage.system);
  const receiver = await startReceiver({ respond: (_request, index) => ({ status: index === 0 ? 503 : 200 }) });
  const { id } = await createWebhook(stage.system, client, { url: receiver.url, eventTypes: ['order.*'] });
  await stage.system.publish([cloudEvent(client, { n: 1 }), cloudEvent(client, { n: 2 })]);
  await until(
    async () =>
      (await listDeliveries(stage.system, client)).filter(({ attemptCount }) => attemptCount > 0).length === 2,
    { timeoutMs: 30_000 },
  );
  const [delivery] = await listDeliveries(stage.system, client);
  const api = stage.system.client(client.key);
  const replay = await dataOf(api.POST('/v1/replays', { body: { filter: { webhookId: id }, dryRun: true } }));
  await stage.system.api('PUT', '/v1/event-types/portal.shown', {
    description: 'Something was shown',
    jsonSchema: { type: 'object', properties: { shown: { type: 'string', description: 'What it was' } } },
    example: { shown: 'a page' },
  });
  const one = `/deliveries/${delivery?.id ?? ''}`;
  const webhook = ['', '/deliveries', '/settings', '/secrets', '/test', '/activity'];
  return {
    client,
    token: await portalToken(stage, client),
    webhookId: id,
    paths: [
      ...['/', '/webhooks', '/webhooks/new', ...webhook.map((part) => `/webhooks/${id}${part}`), '/deliveries'],
      ...['', '?tab=attempts', '?tab=signature', '?tab=why'].map((tab) => one + tab),
      ...['/events', `/events/${encodeURIComponent(delivery?.eventId ?? '')}`],
      ...['/event-types', '/event-types/portal.shown', '/replays', '/replays/new', `/replays/${replay.id}`],
      ...['/live', '/activity', '/settings', '/verify'],
    ],
    close: () => receiver.close(),
  };
}

/** axe on every screen, in both themes and languages, wide and at 320 px: no finding of WCAG 2.2 AA, no scrolling sideways. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { openAs, portalStage, portalToken } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let stage: PortalStage;
let client: TestClient;
let receiver: RecordingReceiver;
let token: string;
let paths: readonly string[];

beforeAll(async () => {
  stage = await portalStage();
  client = await createClient(stage.system);
  receiver = await startReceiver({ respond: (_request, index) => ({ status: index === 0 ? 503 : 200 }) });
  const { id } = await createWebhook(stage.system, client, { url: receiver.url, eventTypes: ['order.*'] });
  await stage.system.publish([cloudEvent(client, { n: 1 }), cloudEvent(client, { n: 2 })]);
  await until(
    async () =>
      (await listDeliveries(stage.system, client)).filter(({ attemptCount }) => attemptCount > 0).length === 2,
    { timeoutMs: 30_000 },
  );
  const [delivery] = await listDeliveries(stage.system, client);
  token = await portalToken(stage, client);
  const api = stage.system.client(client.key);
  const replay = await dataOf(api.POST('/v1/replays', { body: { filter: { webhookId: id }, dryRun: true } }));
  await stage.system.api('PUT', '/v1/event-types/portal.shown', {
    description: 'Something was shown',
    jsonSchema: { type: 'object', properties: { shown: { type: 'string', description: 'What it was' } } },
    example: { shown: 'a page' },
  });
  const one = `/deliveries/${delivery?.id ?? ''}`;
  const tabs = ['', '?tab=attempts', '?tab=signature', '?tab=why'].map((tab) => one + tab);
  const webhook = ['', '/deliveries', '/settings', '/secrets', '/test', '/activity'].map(
    (part) => `/webhooks/${id}${part}`,
  );
  const replays = ['/replays', '/replays/new', `/replays/${replay.id}`];
  const types = ['/event-types', '/event-types/portal.shown'];
  const events = ['/events', `/events/${encodeURIComponent(delivery?.eventId ?? '')}`];
  const others = ['/live', '/activity', '/settings', '/verify'];
  paths = ['/', '/webhooks', '/webhooks/new', ...webhook, '/deliveries', ...tabs];
  paths = [...paths, ...events, ...types, ...replays, ...others];
}, 180_000);

afterAll(async () => {
  await receiver.close();
});

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

test.each([
  ['light', 1280, 'en-GB'],
  ['dark', 320, 'pt-BR'],
] as const)(
  '%s, %d px wide, %s',
  async (colorScheme, width, locale) => {
    const viewport = { width, height: 900 };
    const { page, faults, close } = await openAs(stage, token, '/', { colorScheme, viewport, locale });
    const found: string[] = [];
    for (const path of paths) {
      await page.goto(`/portal${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await until(async () => (await page.locator('[aria-busy=true]').count()) === 0, { timeoutMs: 15_000 });
      expect(await page.evaluate('document.documentElement.lang')).toBe(locale === 'pt-BR' ? 'pt-BR' : 'en');
      await page.evaluate(axe);
      const violations = await page.evaluate<Finding[]>(
        `axe.run({ runOnly: ${JSON.stringify(tags)} }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))`,
      );
      found.push(
        ...violations.map(
          ({ id, nodes }) => `${path}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
        ),
      );
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (overflow > 0) found.push(`${path}: ${overflow} px too wide`);
    }
    await close();
    expect(found).toEqual([]);
    expect(faults).toEqual([]);
  },
  180_000,
);

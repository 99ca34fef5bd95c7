/** A page stays small however long the list is, and goes on when a newer build is installed beneath it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page, Route } from 'playwright-core';
import { openAs, portalStage } from '../support/portal-pages.ts';
import { seedPortal, type SeededPortal } from '../support/portal-screens.ts';
import type { PortalStage } from '../support/portal-stage.ts';

const total = 100_000;
const nodesMax = 4_000;

let stage: PortalStage;
let seeded: SeededPortal;

beforeAll(async () => {
  stage = await portalStage();
  seeded = await seedPortal(stage);
}, 180_000);

afterAll(async () => {
  await seeded.close();
});

interface Item {
  readonly id: string;
}

/** What makes a row as full as it can be. */
const fullest: Readonly<Record<string, object>> = {
  deliveries: {
    status: 'failed_permanent',
    reason: 'exhausted',
    kind: 'test',
    nextAttemptAt: '2030-01-01T00:00:00.000Z',
    lastResponseCode: 503,
  },
  events: { kind: 'test', subject: 'orders/7', decisions: { matched: 1, filtered: 2, disabled: 3, copy: 4 } },
  webhooks: { description: 'Orders', eventTypes: ['order.created', 'order.paid', 'order.sent', 'order.lost'] },
  replays: { skipped: 3, finishedAt: '2026-01-01T00:00:00.000Z' },
  audit: { address: '192.0.2.1', requestId: 'req-1' },
};

/** Pages of a list that no test could make in a database: its first item again and again, under other ids. */
async function answerLongList(route: Route): Promise<void> {
  const url = new URL(route.request().url());
  const [name = '', query] = [url.pathname.split('/').at(-1), url.searchParams];
  const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit'))];
  query.delete('cursor');
  const { data } = (await (await route.fetch({ url: url.href })).json()) as { readonly data: readonly Item[] };
  const [first] = data;
  await route.fulfill({
    json: {
      data: Array.from({ length: Math.min(limit, total - from) }, (_, index) => ({
        ...first,
        ...fullest[name],
        id: `${first?.id ?? ''}-${from + index}`,
      })),
      nextCursor: from + limit < total ? String(from + limit) : null,
      prevCursor: from > 0 ? String(Math.max(0, from - limit)) : null,
      searchedTo: null,
    },
  });
}

/** The small chart of each webhook of a page, good and bad. */
async function answerCharts(route: Route): Promise<void> {
  const ids = new URL(route.request().url()).searchParams.getAll('webhookId');
  const data = Array.from({ length: 24 }, (_, hour) => ({
    start: `2026-03-14T${String(hour).padStart(2, '0')}:00:00.000Z`,
    attempts: hour,
    delivered: hour % 2 === 0 ? hour : 0,
  }));
  await route.fulfill({ json: { data: [], groups: ids.map((webhookId) => ({ webhookId, data })) } });
}

const nodes = (page: Page) => page.evaluate<number>('document.querySelectorAll("*").length');

test.each([
  ['deliveries', '/deliveries', 3],
  ['deliveries of one webhook', '/webhooks/{id}/deliveries', 1],
  ['events', '/events', 1],
  ['webhooks', '/webhooks', 1],
  ['replays', '/replays', 1],
  ['changes', '/activity', 1],
])(
  'a page of a hundred thousand %s has 250 rows and 4,000 elements at most',
  async (_name, path, pages) => {
    const { page, faults, close } = await openAs(stage, seeded.token, '/settings');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.route(/\/v1\/(deliveries|events|webhooks|replays|audit)\?/, answerLongList);
    await page.route(/\/v1\/stats\?groupBy/, answerCharts);
    await page.goto(`/portal${path.replace('{id}', seeded.webhookId)}?size=250`);
    const counts: number[] = [];
    for (let turn = 0; turn < pages; turn += 1) {
      await page.getByRole('button', { name: turn === 0 ? 'Older' : 'Newer', disabled: false }).waitFor();
      await page.waitForLoadState('networkidle');
      expect(await page.locator('[data-row]').count()).toBe(250);
      counts.push(await nodes(page));
      if (turn < pages - 1) await page.getByRole('button', { name: 'Older' }).click();
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(nodesMax);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(50);
    expect(faults).toEqual([]);
    await close();
  },
  60_000,
);

test('a screen whose code is gone after an upgrade says so, and is there after a reload', async () => {
  const { page, close } = await openAs(stage, seeded.token, '/webhooks');
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  // The new build has none of the files that this page has not loaded yet.
  await page.route(/\/portal\/assets\//, (route) => route.fulfill({ status: 404, json: { code: 'route_not_found' } }));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Replays' }).click();
  await page.getByRole('alert').getByText('A new version of this page is there').waitFor();
  // What is at hand goes on.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Webhooks', exact: true }).click();
  await page.getByRole('table', { name: 'Webhooks' }).waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Replays' }).click();
  await page.unroute(/\/portal\/assets\//);
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByRole('heading', { name: 'Replays', level: 1 }).waitFor();
  await close();
});

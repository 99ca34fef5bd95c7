/** A page stays small however long the list is, and goes on when a newer build is installed beneath it. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Page, Route } from 'playwright-core';
import { createClient, createWebhook } from '../support/clients.ts';
import { openAs, portalStage, portalToken } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';

const total = 100_000;
const nodesMax = 7_000;

let stage: PortalStage;
let token: string;
let webhookId: string;

beforeAll(async () => {
  stage = await portalStage();
  const client = await createClient(stage.system);
  ({ id: webhookId } = await createWebhook(stage.system, client, {
    url: 'http://127.0.0.1:9/none',
    eventTypes: ['none.such'],
  }));
  token = await portalToken(stage, client);
}, 180_000);

function delivery(index: number) {
  const at = new Date(Date.UTC(2026, 2, 14) - index * 1_000).toISOString();
  const isFailed = index % 4 === 0;
  return {
    id: `0199c1d2-e3f4-8a5b-8c6d-${index.toString(16).padStart(12, '0')}`,
    webhookId,
    clientId: 'acme',
    eventId: `evt-${index}`,
    eventType: 'order.created',
    kind: 'event',
    status: isFailed ? 'failed_permanent' : 'failed_retryable',
    reason: isFailed ? 'exhausted' : null,
    attemptCount: 3,
    createdAt: at,
    nextAttemptAt: isFailed ? null : at,
    lastAttemptAt: at,
    lastResponseCode: 503,
  };
}

/** Pages of a list that no test could make in a database. */
async function answerLongList(route: Route): Promise<void> {
  const query = new URL(route.request().url()).searchParams;
  const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit'))];
  await route.fulfill({
    json: {
      data: Array.from({ length: Math.min(limit, total - from) }, (_, index) => delivery(from + index)),
      nextCursor: from + limit < total ? String(from + limit) : null,
      prevCursor: from > 0 ? String(Math.max(0, from - limit)) : null,
      searchedTo: null,
    },
  });
}

const nodes = (page: Page) => page.evaluate<number>('document.querySelectorAll("*").length');

test('a page of a hundred thousand deliveries has 250 rows, and the third page has no more nodes than the first', async () => {
  const { page, faults, close } = await openAs(stage, token, '/settings');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.route(/\/v1\/deliveries\?/, answerLongList);
  await page.goto('/portal/deliveries?size=250');
  const counts: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await page
      .locator(`a[href$="/deliveries/${delivery(turn * 250).id}"]`)
      .first()
      .waitFor();
    counts.push(await nodes(page));
    expect(await page.getByRole('table', { name: 'Deliveries' }).locator('tbody tr').count()).toBe(250);
    await page.getByRole('button', { name: 'Older' }).first().click();
  }
  expect(Math.max(...counts)).toBeLessThanOrEqual(nodesMax);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(50);
  expect(faults).toEqual([]);
  await close();
});

test('a screen whose code is gone after an upgrade says so, and is there after a reload', async () => {
  const { page, close } = await openAs(stage, token, '/webhooks');
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

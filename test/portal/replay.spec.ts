import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { openAs, portalStage, portalToken } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

let stage: PortalStage;
let client: TestClient;
let endpoint: RecordingReceiver;
let webhookId: string;
let isBroken = true;
const closing: (() => Promise<void>)[] = [];
/** Fewer than disable a webhook. */
const count = 2;
/** At one a second it takes longer than to cancel it. */
const manyCount = 60;

beforeAll(async () => {
  stage = await portalStage();
  const { system } = stage;
  client = await createClient(system);
  endpoint = await startReceiver({ respond: () => ({ status: isBroken ? 400 : 204 }) });
  await registered(system, 1, async () => {
    const retryPolicy = { maxAttempts: 1, baseDelayMs: 600_000 };
    webhookId = (await createWebhook(system, client, { url: `${endpoint.url}/hook`, retryPolicy })).id;
  });
  await system.publish(Array.from({ length: count }, (_, n) => cloudEvent(client, { n })));
  const haveFailed = async () =>
    (await listDeliveries(system, client, { status: ['failed_permanent'] })).length === count;
  await until(haveFailed, { timeoutMs: 30_000, what: 'deliveries have failed' });
}, 180_000);

afterAll(async () => {
  for (const close of closing) await close();
  await endpoint.close();
});

async function opened(path: string) {
  const watched = await openAs(stage, await portalToken(stage, client), path);
  closing.push(watched.close);
  return watched;
}

test('what is counted is what is sent, and the page says how far it is', async () => {
  const { page, faults } = await opened(`/replays/new?webhook=${webhookId}`);
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByText(`${count} deliveries would be sent again`).waitFor();
  expect(await page.getByLabel('Status', { exact: true }).inputValue()).toBe('failed_permanent');
  isBroken = false;
  const before = endpoint.requests.length;
  await page.getByLabel('Deliveries per second').fill('100');
  await page.getByRole('button', { name: 'Start replay' }).click();
  await page.getByRole('status', { name: 'Finished' }).waitFor({ timeout: 30_000 });
  expect(await page.getByRole('progressbar', { name: 'Replay progress' }).getAttribute('value')).toBe('100');
  expect(await page.title()).toMatch(/^Replay · 100 %/);
  await until(() => endpoint.requests.length === before + count, { timeoutMs: 15_000, what: 'all arrive again' });
  await page.getByRole('link', { name: 'All replays' }).click();
  const table = page.getByRole('table', { name: 'Replays' });
  await table.getByText('Preview only').waitFor();
  await table.getByText('Finished').waitFor();
  expect(faults).toEqual([]);
}, 90_000);

test('a replay is cancelled after a question, and found again', async () => {
  const { system } = stage;
  isBroken = false;
  await system.publish(Array.from({ length: manyCount }, (_, n) => cloudEvent(client, { n })));
  const haveCome = async () => (await listDeliveries(system, client, { status: ['delivered'] })).length >= manyCount;
  await until(haveCome, { timeoutMs: 30_000, what: 'many are delivered' });
  const { page, faults } = await opened(`/replays/new?webhook=${webhookId}&status=any&pace=1`);
  await page.getByRole('button', { name: 'Start replay' }).click();
  await page.getByRole('button', { name: 'Cancel replay' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Cancel replay?' });
  await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Cancel replay' }).click();
  await dialog.getByRole('button', { name: 'Cancel replay' }).click();
  await page.getByRole('status', { name: 'Cancelled' }).waitFor();
  await page.reload();
  await page.getByRole('status', { name: 'Cancelled' }).waitFor();
  expect(faults).toEqual([]);
}, 90_000);

test('what a replay cannot look for is not left out unseen', async () => {
  const { page } = await opened('/replays/new?event=e-1');
  await page.getByRole('alert').getByText('event=e-1').waitFor();
  expect(await page.getByRole('button', { name: 'Start replay' }).count()).toBe(0);
});

test('who may only look is offered no replay', async () => {
  const watched = await openAs(stage, await portalToken(stage, client, 'view'), '/replays/new');
  closing.push(watched.close);
  await watched.page.getByText('You can look, not change').waitFor();
});

/** Webhooks, deliveries and one of them, as a client's developer goes through them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { openAs, portalStage, portalToken, type WatchedPage } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const hostile = '<img src=x onerror=alert(1)> \u202eabc ${7*7} "quoted"';

let stage: PortalStage;
let client: TestClient;
let receiver: RecordingReceiver;
let webhook: { readonly id: string; readonly secret: string };
let token: string;
const opened: WatchedPage[] = [];

beforeAll(async () => {
  stage = await portalStage();
  client = await createClient(stage.system);
  receiver = await startReceiver({
    respond: ({ path }) =>
      path === '/bad'
        ? { status: 422, headers: { 'x-odd': '<b>bold</b>' }, body: `<script>alert(1)</script>${hostile}` }
        : {},
  });
  webhook = await createWebhook(stage.system, client, {
    url: `${receiver.url}/good?a=%2f`,
    eventTypes: ['order.*'],
    description: 'Orders to the warehouse',
  });
  await createWebhook(stage.system, client, { url: `${receiver.url}/bad`, eventTypes: ['invoice.paid'] });
  await stage.system.publish([
    cloudEvent(client, { note: hostile, n: 1 }, { id: 'evt/1?a=%2f#é' }),
    cloudEvent(client, { n: 2 }),
    cloudEvent(client, { n: 3 }, { type: 'invoice.paid' }),
  ]);
  await until(
    async () =>
      (await listDeliveries(stage.system, client)).filter(({ attemptCount }) => attemptCount > 0).length === 3,
    { timeoutMs: 30_000 },
  );
  token = await portalToken(stage, client);
}, 180_000);

afterAll(async () => {
  for (const { close } of opened) await close();
  await receiver.close();
});

async function open(path: string): Promise<WatchedPage> {
  const watched = await openAs(stage, token, path);
  opened.push(watched);
  return watched;
}

test('webhooks are found by a part of their address, and the filter is in the address of the page', async () => {
  const { page, faults } = await open('/webhooks');
  const table = page.getByRole('table', { name: 'Webhooks' });
  await table.getByRole('link', { name: '/good' }).waitFor();
  expect(await table.getByRole('row').count()).toBe(3);
  await page.getByRole('searchbox', { name: 'Search webhooks' }).fill('warehouse');
  await table.getByRole('link', { name: '/bad' }).waitFor({ state: 'detached' });
  expect(new URL(page.url()).search).toBe('?q=warehouse');
  await page.goBack();
  await table.getByRole('link', { name: '/bad' }).waitFor();
  await table.getByRole('link', { name: '/good' }).click();
  await page.getByRole('status', { name: 'Healthy' }).waitFor();
  await page.getByRole('region', { name: 'Waiting' }).waitFor();
  await page.getByRole('button', { name: 'Ping now' }).click();
  await page.getByText('The ping arrived: 200').waitFor();
  expect(faults).toEqual([]);
});

test('a webhook is disabled after a question with its consequences, and enabled again', async () => {
  const { id } = await createWebhook(stage.system, client, { url: receiver.url, eventTypes: ['none.such'] });
  const { page } = await open(`/webhooks/${id}`);
  await page.getByRole('button', { name: 'Disable' }).click();
  const question = page.getByRole('alertdialog', { name: 'Disable webhook?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Disable' }).click();
  await question.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('status', { name: 'Disabled' }).waitFor();
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByRole('status', { name: 'Healthy' }).waitFor();
  await page.getByRole('button', { name: 'Delete webhook' }).click();
  const last = page.getByRole('alertdialog', { name: 'Delete webhook?' });
  expect(await last.getByRole('button', { name: 'Delete webhook' }).isDisabled()).toBe(true);
  await last.getByLabel('Host of the webhook').fill(new URL(receiver.url).host);
  await last.getByRole('button', { name: 'Delete webhook' }).click();
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  const { status } = await stage.system.api('GET', `/v1/webhooks/${id}`, undefined, client.key);
  expect(status).toBe(404);
});

test.each([
  ['Status', 'failed_permanent', 'status', 1],
  ['Webhook', 'webhook', 'webhook', 2],
] as const)('deliveries are filtered by %s', async (label, value, name, count) => {
  const { page } = await open('/deliveries');
  const table = page.getByRole('table', { name: 'Deliveries' });
  await table.waitFor();
  expect(await table.getByRole('row').count()).toBe(4);
  const said = value === 'webhook' ? webhook.id : value;
  await page.getByLabel(label, { exact: true }).selectOption(said);
  await until(async () => (await table.getByRole('row').count()) === count + 1, { timeoutMs: 10_000 });
  expect(new URL(page.url()).searchParams.get(name)).toBe(said);
  await page.reload();
  await table.waitFor();
  expect(await table.getByRole('row').count()).toBe(count + 1);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await until(async () => (await table.getByRole('row').count()) === 4, { timeoutMs: 10_000 });
});

test('deliveries that are marked are sent again after a question', async () => {
  const before = receiver.requests.length;
  const { page } = await open('/deliveries?status=delivered');
  await page.getByRole('table', { name: 'Deliveries' }).waitFor();
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('button', { name: 'Resend selected' }).click();
  const question = page.getByRole('alertdialog', { name: 'Resend deliveries?' });
  await question.getByRole('button', { name: 'Send again' }).click();
  await question.waitFor({ state: 'detached' });
  await until(() => receiver.requests.length >= before + 2, { timeoutMs: 20_000 });
});

test('a delivery shows what strangers wrote as text, and checks its signature in the page', async () => {
  const [delivery] = (await listDeliveries(stage.system, client)).filter(({ eventId }) => eventId.startsWith('evt/1'));
  const { page, faults, requests } = await open(`/deliveries/${delivery?.id ?? ''}`);
  await page.getByRole('status', { name: 'Delivered' }).waitFor();
  await page.getByLabel('Search in payload').fill('onerror');
  await page.getByText('Found once').waitFor();
  expect(await page.getByRole('tabpanel').innerText()).toContain('\\u202eabc');
  await page.getByRole('tab', { name: 'Signature' }).click();
  await page.getByLabel('Secret').fill(webhook.secret);
  const before = requests.length;
  await page.getByRole('button', { name: 'Check signature' }).click();
  await page.getByRole('status', { name: 'Valid' }).waitFor();
  expect(requests.slice(before).filter((path) => !/^\/v1\/(deliveries|webhooks|me)/.test(path))).toEqual([]);
  await page.getByLabel('Secret').fill('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  await page.getByRole('button', { name: 'Check signature' }).click();
  await page.getByRole('status', { name: 'wrong_secret' }).waitFor();
  expect(faults).toEqual([]);
});

test('an attempt that was refused says what to do, and shows the answer as text', async () => {
  const [failed] = await listDeliveries(stage.system, client, { status: ['failed_permanent'] });
  const { page, faults } = await open(`/deliveries/${failed?.id ?? ''}?tab=attempts`);
  await page.getByRole('status', { name: 'Failed' }).waitFor();
  const attempts = page.getByRole('list', { name: 'Attempts' });
  await attempts.getByText('The endpoint refuses this event').waitFor();
  expect(await attempts.innerText()).toContain('<script>alert(1)</script>');
  expect(await attempts.innerText()).toContain('<b>bold</b>');
  expect(faults).toEqual([]);
});

test('who may only look is offered nothing else', async () => {
  const { page, close } = await openAs(stage, await portalToken(stage, client, 'view'), `/webhooks/${webhook.id}`);
  await page.getByRole('status', { name: 'Healthy' }).waitFor();
  for (const name of ['Ping now', 'Disable', 'Delete webhook'])
    expect(await page.getByRole('button', { name }).count()).toBe(0);
  await close();
});

test('an id is found wherever it is of, and what is not there is said', async () => {
  const { page } = await open('/');
  const field = page.getByRole('searchbox', { name: 'Find by ID' });
  await field.fill(webhook.id);
  await field.press('Enter');
  await page.waitForURL(`**/portal/webhooks/${webhook.id}`);
  await field.fill('no-such-id');
  await field.press('Enter');
  await page.getByRole('dialog', { name: 'Find by ID' }).getByText('Nothing has the ID').waitFor();
});

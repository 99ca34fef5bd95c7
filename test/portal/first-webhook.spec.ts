/** From a link and nothing else to a verified test delivery; what is shown once is nowhere afterwards; who changed what is told. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { openAs, portalStage, portalToken } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

let stage: PortalStage;
let client: TestClient;
let receiver: RecordingReceiver;

beforeAll(async () => {
  stage = await portalStage();
  client = await createClient(stage.system);
  receiver = await startReceiver();
}, 180_000);

afterAll(() => receiver.close());

test('from a link to a verified test delivery in eight clicks at most', async () => {
  const opened = await openAs(stage, await portalToken(stage, client), '/webhooks');
  const { page, faults } = opened;
  let clicks = 0;
  const click = async (place: Locator) => {
    clicks += 1;
    await place.click();
  };
  await click(page.getByRole('link', { name: 'Create webhook' }).first());
  await page.getByLabel('Endpoint URL').fill(`${receiver.url}/hooks`);
  await page.getByLabel('Event types').fill('order.*');
  await click(page.getByRole('button', { name: 'Create webhook' }));
  const dialog = page.getByRole('dialog', { name: 'Signing secret' });
  const secret = await dialog.getByLabel('Secret').inputValue();
  expect(secret).toMatch(/^whsec_/);
  stage.system.secrets.plant('a secret that the portal showed', secret);
  // Escape does not lose it.
  await page.keyboard.press('Escape');
  await dialog.waitFor();
  await click(dialog.getByRole('button', { name: 'I have stored the secret' }));
  await page.getByRole('heading', { name: 'Test event' }).waitFor();
  await click(page.getByRole('button', { name: 'Send test event' }));
  await page.getByRole('status', { name: 'Delivered' }).waitFor();
  expect(clicks).toBeLessThanOrEqual(8);
  await page.getByRole('link', { name: 'Open the delivery' }).click();
  await page.getByRole('heading', { name: 'Delivery', level: 1 }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Test event' }).waitFor();
  const [request] = await receiver.waitFor(1);
  // By a library of others, as the client's developer would.
  new Webhook(secret).verify(request?.body.toString() ?? '', { ...request?.headers });
  // Gone from the page, its storage and its history.
  expect(await page.content()).not.toContain(secret);
  expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toContain(secret);
  await page.goBack();
  expect(await page.content()).not.toContain(secret);
  expect(faults).toEqual([]);
  await opened.close();
}, 120_000);

test('what the server finds wrong stands at its field', async () => {
  const opened = await openAs(stage, await portalToken(stage, client), '/webhooks/new');
  const { page } = opened;
  await page.getByLabel('Endpoint URL').fill('ftp://example.com/');
  await page.getByLabel('Event types').fill('order.*');
  await page.getByLabel('Timeout (ms)').fill('soon');
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await page.locator('[aria-invalid=true]').first().waitFor();
  const invalid = await page.locator('[aria-invalid=true]').evaluateAll((fields) => fields.length);
  expect(invalid).toBe(2);
  // What was typed is not lost by a click beside it.
  const question = page.getByRole('alertdialog', { name: 'Leave this page?' });
  const away = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Deliveries' });
  await away.click();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  expect(await page.getByLabel('Timeout (ms)').inputValue()).toBe('soon');
  await away.click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('heading', { name: 'Deliveries', level: 1 }).waitFor();
  await opened.close();
}, 60_000);

test('two browsers change one webhook: the second is told what and by whom, and may keep its own', async () => {
  const webhook = await createWebhook(stage.system, client, { url: `${receiver.url}/both` });
  const path = `/webhooks/${webhook.id}/settings`;
  const [ann, ben] = [
    await openAs(stage, await portalToken(stage, client), path),
    await openAs(stage, await portalToken(stage, client), path),
  ];
  for (const { page } of [ann, ben]) await page.getByLabel('Description').waitFor();
  await ann.page.getByLabel('Timeout (ms)').fill('4000');
  await ann.page.getByRole('button', { name: 'Save changes' }).click();
  await ann.page.getByText('Saved').waitFor();
  await ben.page.getByLabel('Description').fill('Mine');
  await ben.page.getByRole('button', { name: 'Save changes' }).click();
  await ben.page.getByRole('button', { name: 'Compare both changes' }).click();
  const dialog = ben.page.getByRole('dialog', { name: 'This webhook was changed meanwhile' });
  await dialog.getByText('ann@example.com').waitFor();
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  // Nothing is wrong any more.
  await ben.page.getByRole('button', { name: 'Compare both changes' }).waitFor({ state: 'detached' });
  expect(await ben.page.getByRole('alert').count()).toBe(0);
  await ben.page.getByRole('button', { name: 'Save changes' }).click();
  await ben.page.getByText('Saved').waitFor();
  const api = stage.system.client(client.key);
  const after = await dataOf(api.GET('/v1/webhooks/{id}', { params: { path: { id: webhook.id } } }));
  expect(after).toMatchObject({ description: 'Mine', timeoutMs: 4000 });
  await Promise.all([ann.close(), ben.close()]);
}, 120_000);

test('an event says for each webhook whether it was sent, and which condition was not met', async () => {
  const own = await createClient(stage.system);
  const url = (name: string) => `${receiver.url}/${name}`;
  await createWebhook(stage.system, own, { url: url('sent'), eventTypes: ['order.created'] });
  await createWebhook(stage.system, own, {
    url: url('filtered'),
    eventTypes: ['order.*'],
    filter: { 'data.amount': { $gte: 100 } },
  });
  await createWebhook(stage.system, own, { url: url('other'), eventTypes: ['invoice.paid'] });
  const event = { type: 'order.created', clientId: own.id, data: { amount: 12.5 } };
  const { accepted } = await dataOf(stage.system.client().POST('/v1/events', { body: event }));
  const id = accepted[0]?.id ?? '';
  const history = stage.system.client(own.key);
  await until(
    async () => {
      const { data } = await history.GET('/v1/events/{id}', { params: { path: { id } } });
      return data?.decisions.length === 2;
    },
    { timeoutMs: 30_000, what: 'the history has both decisions' },
  );
  const opened = await openAs(stage, await portalToken(stage, own), `/events/${id}`);
  const { page, faults } = opened;
  const table = page.getByRole('table', { name: 'Decisions' });
  await table.waitFor();
  const text = await table.innerText();
  expect(text).toMatch(/Sent[^]*Filtered[^]*data\.amount[^]*12\.5[^]*Not subscribed[^]*invoice\.paid/);
  expect(faults).toEqual([]);
  await opened.close();
}, 120_000);

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createClient, type TestClient } from '../support/clients.ts';
import { openAs, openPage, portalStage, portalToken } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';

let stage: PortalStage;
let client: TestClient;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stage = await portalStage();
}, 180_000);

beforeEach(async () => {
  client = await createClient(stage.system);
});

afterAll(async () => {
  for (const close of closing) await close();
});

async function signInPage() {
  const watched = await openPage(stage);
  closing.push(watched.close);
  await watched.page.goto('/');
  await watched.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  return watched;
}

test('the address without a path leads to a page to sign in', async () => {
  const { page, faults } = await signInPage();
  expect(new URL(page.url()).pathname).toBe('/portal/');
  expect(await page.getByLabel('API key or portal token').getAttribute('type')).toBe('password');
  expect(await page.title()).toMatch(/^Sign in/);
  expect(faults).toEqual([]);
});

test('a key of a client is exchanged or forgotten, and leads to its webhooks; signing out leads back', async () => {
  const { page, faults } = await signInPage();
  await page.getByLabel('API key or portal token').fill(client.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const main = page.getByRole('navigation', { name: 'Main' });
  await main.getByRole('link', { name: 'Webhooks', exact: true }).click();
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  const kept = await page.evaluate<string>(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
  );
  expect(kept).not.toContain(client.key);
  expect(kept).toContain('whp_');
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  expect(faults).toEqual([]);
});

test('an admin’s key is in memory only: after a reload nobody is signed in', async () => {
  const { page } = await signInPage();
  await page.getByLabel('API key or portal token').fill(stage.system.adminKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(await page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('what is no key is refused with code and request id', async () => {
  const { page } = await signInPage();
  await page.getByLabel('API key or portal token').fill('whp_this.isnotone');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.innerText()).toContain('unauthenticated');
});

test('a link signs in, goes where it says, and leaves no token in the address', async () => {
  const token = await portalToken(stage, client);
  const { page, faults, close } = await openAs(stage, token, '/webhooks?q=abc');
  closing.push(close);
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  const { pathname, search, hash } = new URL(page.url());
  expect([pathname, search, hash]).toEqual(['/portal/webhooks', '?q=abc', '']);
  expect(await page.evaluate('history.length')).toBeLessThanOrEqual(2);
  await page.reload();
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  expect(faults).toEqual([]);
});

test.each(['https://evil.example/', '//evil.example/', '/\\evil.example/', 'javascript:alert(1)'])(
  'a link to %s stays on the portal',
  async (next) => {
    const token = await portalToken(stage, client);
    const { page, close } = await openAs(stage, token, next);
    closing.push(close);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/portal/');
  },
);

test('a second tab goes on with the session while the first one lives', async () => {
  const token = await portalToken(stage, client);
  const { page, context, close } = await openAs(stage, token, '/webhooks');
  closing.push(close);
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  const second = await context.newPage();
  await second.goto('/portal/webhooks');
  await second.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
});

test('at the end of a session a dialog asks for a new one, and the page stays', async () => {
  const token = await portalToken(stage, client);
  const { page, close } = await openAs(stage, token, '/webhooks');
  closing.push(close);
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  await page.getByLabel('Search webhooks').fill('what I typed');
  await stage.system.api('DELETE', `/v1/clients/${client.id}/portal-sessions`);
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await page.getByLabel('State').selectOption('failing');
  await dialog.waitFor();
  await dialog.getByLabel('API key or portal token').fill(await portalToken(stage, client));
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(await page.getByLabel('Search webhooks').inputValue()).toBe('what I typed');
});

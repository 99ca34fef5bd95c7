/** From a key to a delivery without a pointer: what has the focus is always somewhere, and always seen. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createClient } from '../support/clients.ts';
import { openPage, portalStage } from '../support/portal-pages.ts';
import { startReceiver } from '../support/receivers/recording-receiver.ts';

const tabsMax = 80;

/** What has the focus is called so. */
const focused = (page: Page) =>
  page.evaluate<string>(`(() => {
    const at = document.activeElement;
    const name = at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText ?? '';
    return at === document.body ? '' : name.trim();
  })()`);

async function tabTo(page: Page, name: string): Promise<void> {
  for (let tab = 0; tab < tabsMax; tab += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) !== name) continue;
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect([name, outline]).not.toEqual([name, 'none']);
    return;
  }
  throw new Error(`no tab leads to “${name}”`);
}

test('a webhook is created, tried and looked at by keyboard alone', async () => {
  const stage = await portalStage();
  const client = await createClient(stage.system);
  const receiver = await startReceiver();
  const { page, faults, close } = await openPage(stage);
  const heading = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor();
  try {
    await page.goto('/portal/');
    await heading('Sign in');
    await tabTo(page, 'API key or portal token');
    await page.keyboard.type(client.key);
    await page.keyboard.press('Enter');
    await heading('Overview');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Create webhook');
    await page.keyboard.press('Enter');
    await heading('Create webhook');
    expect(await focused(page)).toBe('Create webhook');
    await tabTo(page, 'Endpoint URL');
    await page.keyboard.type(receiver.url);
    await tabTo(page, 'Event types');
    await page.keyboard.type('order.*');
    await tabTo(page, 'Add conditions');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Remove condition 1');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('Add condition');
    await tabTo(page, 'Create webhook');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Signing secret' }).waitFor();
    stage.system.secrets.plant('a secret by keyboard', await page.getByLabel('Secret', { exact: true }).inputValue());
    await tabTo(page, 'I have stored the secret');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Test event' }).waitFor();
    await tabTo(page, 'Send test event');
    await page.keyboard.press('Enter');
    await page.getByRole('status', { name: 'Delivered' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await heading('Deliveries');
    await page.getByRole('table', { name: 'Deliveries' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/portal\/deliveries\/[^/?]+$/);
    await page.getByRole('status', { name: 'Delivered' }).waitFor();
    expect(faults).toEqual([]);
  } finally {
    await close();
    await receiver.close();
  }
}, 60_000);

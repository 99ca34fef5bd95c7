/** What clients, producers and endpoints can write, on every screen that shows it: nothing runs, nothing breaks, all of it is read. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dataOf } from '../../libs/api-client/api-client.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { openAs, portalStage, type WatchedPage } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const mark = '<img src=x onerror="window.ran=1"><script>window.ran=1</script><svg onload="window.ran=1">';
const bait = `javascript:window.ran=1 data:text/html,x {{7*7}} \${7*7} <%= 7 %> שלום مرحبا 😀`;
const word = 'W'.repeat(4096);
const digits = '7'.repeat(400);
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

let stage: PortalStage;
let client: TestClient;
let receiver: RecordingReceiver;
let watched: WatchedPage;
let webhookId: string;
let deliveryId: string;
const eventId = 'evt/1?a=%2f#😀&<b>';

beforeAll(async () => {
  stage = await portalStage();
  client = await createClient(stage.system, `${mark} Acme`);
  receiver = await startReceiver({
    respond: () => ({
      status: 422,
      headers: { 'x-odd': mark, 'x-word': word },
      body: `${mark}\u001b[31m\u202e${word}`,
    }),
  });
  const { id } = await createWebhook(stage.system, client, {
    url: `${receiver.url}/${encodeURIComponent(mark)}?next=javascript:alert(1)&w=${word.slice(0, 1500)}`,
    eventTypes: ['order.*'],
    description: `${mark} ${bait}`,
    labels: { 'a/b': `${mark} ${bait}`.slice(0, 200) },
    externalId: `${mark}${bait}`.slice(0, 256),
    headers: { 'x-mine': '<b>bold</b>' },
    filter: { 'data.word': { $ne: mark } },
  });
  webhookId = id;
  const data = {
    [mark]: bait,

    ['__proto__']: { x: mark },
    word,
    n: rawJSON(digits),
    lone: '\ud800',
    turned: '\u202eabc\u2066',
  };
  await stage.system.publish([cloudEvent(client, data, { id: eventId, subject: `${mark}\u202e`, source: '/src' })]);
  await until(async () => (await listDeliveries(stage.system, client, { status: ['failed_permanent'] })).length === 1, {
    timeoutMs: 30_000,
  });
  deliveryId = (await listDeliveries(stage.system, client))[0]?.id ?? '';
  const session = stage.system.client().POST('/v1/clients/{id}/portal-sessions', {
    params: { path: { id: client.id } },
    body: { scope: 'manage', name: mark.slice(0, 100) },
  });
  watched = await openAs(stage, (await dataOf(session)).token, '/settings', { viewport: { width: 360, height: 800 } });
}, 180_000);

afterAll(async () => {
  await watched.close();
  await receiver.close();
});

async function goTo(path: string): Promise<string> {
  const { page } = watched;
  await page.goto(`/portal${path}`, { waitUntil: 'domcontentloaded' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await until(async () => (await page.locator('[aria-busy=true]').count()) === 0, { timeoutMs: 15_000 });
  return page.locator('main').innerText();
}

test('nothing of it runs, is asked for, or is wider than the page', async () => {
  const { page, faults, requests } = watched;
  const webhook = `/webhooks/${webhookId}`;
  const delivery = `/deliveries/${deliveryId}`;
  const found: string[] = [];
  for (const path of [
    '/',
    '/webhooks',
    webhook,
    `${webhook}/settings`,
    `${webhook}/activity`,
    '/deliveries',
    delivery,
    `${delivery}?tab=attempts`,
    `${delivery}?tab=why`,
    `/events/${encodeURIComponent(eventId)}`,
    `/replays/new?webhook=${webhookId}`,
  ]) {
    await goTo(path);
    const state = await page.evaluate<string>(`JSON.stringify({
      ran: window.ran,
      made: document.querySelectorAll('main img, main script, main iframe, [onerror], [onload], a[href^="javascript:"], a[href^="data:"]').length,
      wide: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
    })`);
    if (state !== '{"made":0,"wide":0}') found.push(`${path}: ${state}`);
  }
  expect(found).toEqual([]);
  expect(faults).toEqual([]);
  expect(requests.filter((path) => !/^\/(portal|v1)\//.test(path))).toEqual([]);
});

test('all of it is read as it was written, and what nobody would see is seen', async () => {
  const payload = await goTo(`/deliveries/${deliveryId}`);
  for (const text of [digits, word, '\\u202eabc\\u2066', '__proto__'])
    expect(payload.replaceAll('\n', '')).toContain(text);
  const attempts = await goTo(`/deliveries/${deliveryId}?tab=attempts`);
  for (const text of [mark, '\\u001b[31m\\u202e']) expect(attempts).toContain(text);
  expect(await goTo('/webhooks')).toContain(mark);
  expect(await goTo(`/events/${encodeURIComponent(eventId)}`)).toContain(eventId);
  await goTo(`/deliveries?event=${encodeURIComponent(eventId)}`);
  expect(await watched.page.getByRole('table', { name: 'Deliveries' }).getByRole('row').count()).toBe(2);
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloudEvent, createClient, createWebhook, type TestClient, type TestWebhook } from '../support/clients.ts';
import { openAs, portalStage, portalToken, type WatchedPage } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';

let stage: PortalStage;
let client: TestClient;
let endpoint: RecordingReceiver;
let watched: WatchedPage;
let webhook: TestWebhook;

beforeAll(async () => {
  stage = await portalStage();
  client = await createClient(stage.system);
  endpoint = await startReceiver({ respond: () => ({ status: 204 }) });
  await registered(stage.system, 1, async () => {
    webhook = await createWebhook(stage.system, client, { url: `${endpoint.url}/hook` });
  });
  watched = await openAs(stage, await portalToken(stage, client), `/live?webhook=${webhook.id}`);
  // The header says the same of the API, long before the stream is there.
  await watched.page.getByRole('main').getByText('Connected', { exact: true }).waitFor();
}, 180_000);

afterAll(async () => {
  await watched.close();
  await endpoint.close();
});

const publish = (types: readonly string[]) =>
  stage.system.publish(types.map((type) => cloudEvent(client, {}, { type })));

/** Types of the rows, newest first. */
const shown = () => watched.page.getByRole('table', { name: 'Live outcomes' }).getByRole('link').allInnerTexts();
const row = (type: string) => watched.page.getByRole('link', { name: type, exact: true });

test('outcomes come as they happen, newest first; a pause is visible and says how many wait', async () => {
  const { page, faults } = watched;
  await publish(['live.first']);
  await row('live.first').waitFor();
  await publish(['live.second']);
  await row('live.second').waitFor();
  expect(await shown()).toEqual(['live.second', 'live.first']);
  await page.getByRole('button', { name: 'Pause' }).click();
  await publish(['live.third']);
  await page.getByText('1 waits').waitFor();
  expect(await shown()).toHaveLength(2);
  await page.getByRole('button', { name: 'Resume' }).click();
  await row('live.third').waitFor();
  expect(faults).toEqual([]);
}, 60_000);

/** Headless Chromium hides no tab: the page is told that it is. */
const tellVisibility = (state: 'hidden' | 'visible') =>
  watched.page.evaluate(
    `Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' });
     document.dispatchEvent(new Event('visibilitychange'));`,
  );
const streams = () => watched.requests.filter((path) => path.startsWith('/v1/stream')).length;

test('a hidden tab holds no connection and goes on without a gap', async () => {
  const before = streams();
  const ended = watched.page.waitForEvent('requestfailed', (request) => request.url().includes('/v1/stream'));
  await tellVisibility('hidden');
  await ended;
  await publish(['live.hidden']);
  await endpoint.waitFor(4);
  expect(streams()).toBe(before);
  await tellVisibility('visible');
  await row('live.hidden').waitFor();
  expect(await shown()).toEqual(['live.hidden', 'live.third', 'live.second', 'live.first']);
  expect(streams()).toBe(before + 1);
}, 60_000);

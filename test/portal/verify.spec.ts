import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { prepareSigningKey, signSimple, signStandardWebhooks } from '../../libs/domain/signature/signature.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { openAs, portalStage, portalToken, type WatchedPage } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { startReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const otherSecret = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const id = '0199c1d2-e3f4-8a5b-8c6d-9e0f1a2b3c4d';
const body = '{"id":"e-1","data":{"amount":12}}';
let stage: PortalStage;
let client: TestClient;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  stage = await portalStage();
  client = await createClient(stage.system);
  watched = await openAs(stage, await portalToken(stage, client), '/verify');
  ({ page } = watched);
  await page.getByRole('heading', { name: 'Signature check' }).waitFor();
}, 180_000);

afterAll(() => watched.close());

interface Pasted {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly secret: string;
}

function signed(ageS = 5): Pasted {
  const timestampS = Math.floor(Date.now() / 1000) - ageS;
  const keys = [prepareSigningKey(secret)];
  const bytes = Buffer.from(body);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signStandardWebhooks({ id, timestampS, body: bytes, secrets: keys }),
    'x-deeperhub-signature': signSimple(keys, timestampS, bytes),
  };
  return { headers, body, secret };
}

function withHeaders(change: Record<string, string>): Pasted {
  const made = signed();
  return { ...made, headers: { ...made.headers, ...change } };
}

async function check(pasted: Pasted, word: string): Promise<void> {
  const lines = Object.entries(pasted.headers).map(([name, value]) => `${name}: ${value}`);
  await page.getByLabel('Headers', { exact: true }).fill(lines.join('\n'));
  await page.getByLabel('Body', { exact: true }).fill(pasted.body);
  await page.getByLabel('Secret', { exact: true }).fill(pasted.secret);
  await page.getByRole('button', { name: 'Check signature' }).click();
  await page.getByRole('status', { name: word, exact: true }).waitFor();
}

let asked: number;
beforeEach(() => {
  asked = watched.requests.filter((path) => path.startsWith('/v1/deliveries')).length;
});

test.each<[string, () => Pasted]>([
  ['Valid', () => signed()],
  ['secret_malformed', () => ({ ...signed(), secret: 'hunter2' })],
  ['header_missing', () => withHeaders({ 'webhook-id': '' })],
  ['header_malformed', () => withHeaders({ 'webhook-timestamp': 'noon' })],
  ['timestamp_too_old', () => signed(400)],
  ['timestamp_too_new', () => signed(-400)],
  ['header_changed', () => withHeaders({ 'webhook-id': 'another' })],
  ['body_changed', () => ({ ...signed(), body: `${body}\n` })],
  ['wrong_secret_or_body_changed', () => ({ ...signed(), secret: otherSecret })],
])('%s, and nothing leaves the browser', async (word, pasted) => {
  await check(pasted(), word);
  expect(watched.requests.filter((path) => path.startsWith('/v1/deliveries'))).toHaveLength(asked);
  expect(watched.faults).toEqual([]);
  const kept = await page.evaluate<string>(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href])',
  );
  expect(kept).not.toContain('whsec_');
});

test('beside what was sent, a wrong secret is told from a changed body', async () => {
  const endpoint = await startReceiver({ respond: () => ({ status: 204 }) });
  try {
    let own = '';
    await registered(stage.system, 1, async () => {
      own = (await createWebhook(stage.system, client, { url: `${endpoint.url}/hook` })).secret;
    });
    await stage.system.publish([cloudEvent(client, { amount: 12 })]);
    await until(() => endpoint.requests.length === 1, { timeoutMs: 20_000, what: 'a delivery has come' });
    const [request] = endpoint.requests;
    if (request === undefined) throw new Error('nothing came');
    const { headers } = request;
    const came = { headers, body: request.body.toString('utf8') };
    await page.getByLabel('Compare with what was sent').check();
    await check({ ...came, secret: own }, 'Valid');
    await check({ ...came, secret: otherSecret }, 'wrong_secret');
    await check({ headers, body: came.body.replace('12', '13'), secret: own }, 'body_changed');
    expect(watched.faults).toEqual([]);
  } finally {
    await endpoint.close();
  }
}, 60_000);

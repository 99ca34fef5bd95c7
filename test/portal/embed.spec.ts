/** The portal in a page of an operator, of another site: it is handed its session by a message, and only such a page may frame it. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import createFastify, { type FastifyInstance } from 'fastify';
import type { BrowserContext, Page } from 'playwright-core';
import { preparePortal } from '../../apps/management-api/http/portal-site.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { createClient, type TestClient } from '../support/clients.ts';
import { portalStage, portalToken } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { listen } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

let stage: PortalStage;
let client: TestClient;
let portal: FastifyInstance;
let portalOrigin: string;
let operator: Server;
let operatorPort: number;
let context: BrowserContext;
let page: Page;
/** What the operator's server answers when its page asks for a token; null: that it has none. */
let token: string | null;
let asked: number;
let addresses: string[];

beforeAll(async () => {
  stage = await portalStage();
  operator = createServer((request, response) => {
    if (request.url === '/token') {
      asked += 1;
      response.writeHead(token === null ? 403 : 200).end(token ?? '');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html' }).end(pageOfOperator());
  });
  operatorPort = await listen(operator);
  portal = createFastify();
  const config = {
    PORTAL_ENABLED: true,
    PORTAL_PATH: '/portal',
    PORTAL_BRAND_NAME: 'Hooks',
    PORTAL_FRAME_ANCESTORS: [`http://localhost:${operatorPort}`],
    PORTAL_REFRESH_URL: null,
    PORTAL_TRACE_URL: null,
  };
  preparePortal(portal, config, createLogger('embed', 'error'));
  // The API of the stage, beside this portal.
  portal.all('/v1/*', async ({ method, url, headers, body }, reply) => {
    const { authorization = '', 'idempotency-key': key = '' } = headers;
    const answer = await fetch(stage.system.url('management-api') + url, {
      method,
      headers: {
        authorization,
        'content-type': 'application/json',
        ...(key !== '' && { 'idempotency-key': String(key) }),
      },
      ...(method !== 'GET' && method !== 'DELETE' && { body: JSON.stringify(body ?? {}) }),
    });
    return reply
      .status(answer.status)
      .type('application/json')
      .send(await answer.text());
  });
  portalOrigin = await portal.listen({ port: 0, host: '127.0.0.1' });
}, 180_000);

afterAll(async () => {
  await context.close();
  operator.close();
  await portal.close();
});

beforeEach(async () => {
  await (context as BrowserContext | undefined)?.close();
  client = await createClient(stage.system);
  token = await portalToken(stage, client);
  asked = 0;
  addresses = [];
  context = await stage.browser.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(15_000);
  page = await context.newPage();
  page.on('request', (request) => addresses.push(request.url()));
});

function pageOfOperator(): string {
  return `<!doctype html><title>Ours</title><div id="place" style="height: 700px"></div><script type="module">
    import { embedPortal } from '${portalOrigin}/portal/embed.js';
    const token = async () => {
      const answer = await fetch('/token');
      if (!answer.ok) throw new Error('no token');
      return answer.text();
    };
    window.heard = [];
    addEventListener('message', ({ data }) => window.heard.push(JSON.stringify(data)));
    window.portal = embedPortal(document.getElementById('place'), { token, path: '/webhooks' });
  </script>`;
}

const inFrame = () => page.frameLocator('iframe[title=Webhooks]');

test('a session is handed over by a message: it is in no address and in no storage', async () => {
  await page.goto(`http://localhost:${operatorPort}/`);
  await inFrame().getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  const [, frame] = page.frames();
  // A browser may refuse a frame of another site all storage.
  const kept = await frame?.evaluate<string>(
    '(() => { try { return JSON.stringify([{ ...sessionStorage }, { ...localStorage }]); } catch { return "refused"; } })()',
  );
  for (const said of [kept, frame?.url(), ...addresses, ...(await page.evaluate<string[]>('window.heard'))])
    expect(said).not.toContain(token);
  expect(asked).toBe(1);
  await page.evaluate('window.portal.remove()');
  await page.locator('iframe').waitFor({ state: 'detached' });
});

test('when a session has ended the page around it gives another, and what was typed stays', async () => {
  await page.goto(`http://localhost:${operatorPort}/`);
  const search = inFrame().getByLabel('Search webhooks');
  await search.fill('what I typed');
  await stage.system.api('DELETE', `/v1/clients/${client.id}/portal-sessions`);
  token = await portalToken(stage, client);
  await inFrame().getByLabel('State').selectOption('failing');
  await inFrame().getByRole('dialog', { name: 'Your session has ended' }).waitFor({ state: 'hidden' });
  await inFrame().getByText('No webhook fits these filters').waitFor();
  expect(await search.inputValue()).toBe('what I typed');
  expect(asked).toBe(2);
});

test('a page that has no token to give leaves it to whoever has one', async () => {
  token = null;
  await page.goto(`http://localhost:${operatorPort}/`);
  await inFrame().getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a page that is not listed shows nothing of it', async () => {
  await page.goto(`http://127.0.0.1:${operatorPort}/`);
  await page.locator('iframe').waitFor();
  await until(() => page.frames().some((frame) => frame.url().startsWith('chrome-error:')), {
    timeoutMs: 10_000,
  });
  expect(asked).toBe(0);
});

test('its module is at one address, for pages of any origin, and checked for a newer one each time', async () => {
  const address = `${stage.system.url('management-api')}/portal/embed.js`;
  const response = await fetch(address, { signal: AbortSignal.timeout(10_000) });
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'no-cache',
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  });
  const etag = response.headers.get('etag') ?? '';
  expect(await response.text()).toContain('embedPortal');
  expect(
    (await fetch(address, { headers: { 'if-none-match': etag }, signal: AbortSignal.timeout(10_000) })).status,
  ).toBe(304);
});

import { request } from 'node:http';
import { beforeAll, expect, test } from '@jest/globals';
import type { PortalStage } from '../support/portal-stage.ts';
import { portalStage } from '../support/portal-pages.ts';

let stage: PortalStage;
let origin: string;

beforeAll(async () => {
  stage = await portalStage();
  origin = stage.system.url('management-api');
}, 180_000);

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${origin}${path}`, { redirect: 'manual', headers, signal: AbortSignal.timeout(10_000) });

/** `fetch` would take the dots out. Resolves with status and type. */
const getAsWritten = (path: string) =>
  new Promise<readonly unknown[]>((resolve, reject) => {
    request(origin, { path, timeout: 10_000 }, (answer) => {
      answer.resume();
      resolve([answer.statusCode, answer.headers['content-type']]);
    })
      .on('error', reject)
      .end();
  });

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

test.each(['/', '/portal'])('%s leads to the portal', async (path) => {
  const response = await get(path);
  expect([response.status, response.headers.get('location')]).toEqual([302, '/portal/']);
});

test.each(['/portal/', '/portal/webhooks', '/portal/deliveries/what%2Fever?attempt=1', '/portal/no/such/page'])(
  '%s is the page, under its policy',
  async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-cache',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    });
    const etag = response.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
  },
);

test('nothing on the page is inline, and all of it is of this origin', async () => {
  const text = await (await get('/portal/')).text();
  expect(text).toContain('<base href="/portal/" />');
  expect(text).not.toMatch(/<style|style=|\son\w+=|data:|<script(?![^>]*\ssrc="\.\/assets\/)/);
  for (const [, address] of text.matchAll(/\s(?:src|href)="([^"]*)"/g))
    expect(address).toMatch(/^(\.\/assets\/|\/portal\/$)/);
});

test('assets are kept for a year, compressed as asked, and never the page', async () => {
  const text = await (await get('/portal/')).text();
  const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(text)?.[1] ?? '';
  for (const encoding of ['br', 'gzip']) {
    const response = await get(`/portal${script}`, { 'accept-encoding': encoding });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-encoding': encoding,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringMatching(/^(text|application)\/javascript/),
    });
  }
  for (const rest of ['', '/', '/gone.js', '/..%2findex.html', '/..', '/.', '/.hidden']) {
    expect([rest, ...(await getAsWritten(`/portal/assets${rest}`))]).toEqual([rest, 404, 'application/problem+json']);
  }
});

test('what the page knows of the installation has no secret', async () => {
  const response = await get('/portal/config.json');
  expect(response.headers.get('cache-control')).toBe('no-cache');
  expect(await response.json()).toEqual({
    brand: { name: 'DeeperHub Webhooks' },
    refreshUrl: null,
    traceUrl: null,
    frameAncestors: [],
    version: expect.stringMatching(/^\d/),
  });
});

test('only reading is answered', async () => {
  const response = await fetch(`${origin}/portal/`, { method: 'POST', signal: AbortSignal.timeout(10_000) });
  expect([response.status, response.headers.get('allow')]).toEqual([405, expect.stringMatching(/\bGET\b/)]);
});

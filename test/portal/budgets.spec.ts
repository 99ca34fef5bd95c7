/** What a screen costs before it is there: bytes over the wire with gzip, by the manifest of the build, and what a browser asks for. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from '@jest/globals';
import { createClient, createWebhook } from '../support/clients.ts';
import { openAs, portalStage, portalToken } from '../support/portal-pages.ts';
import type { PortalStage } from '../support/portal-stage.ts';
import { repositoryRoot } from '../support/source-tree.ts';

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const folder = join(repositoryRoot, 'dist', 'portal');
const kilobyte = 1000;
const requestsMax = 12;
/** The page, what it knows of the installation, its icon, and who is signed in. */
const requestsBeside = 4;

let stage: PortalStage;
let chunks: Readonly<Record<string, Chunk>>;

beforeAll(async () => {
  // What runs is what was built.
  stage = await portalStage();
  chunks = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as typeof chunks;
}, 180_000);

/** Everything that is loaded with it. */
function filesOf(name: string, found = new Set<string>()): ReadonlySet<string> {
  const chunk = chunks[name];
  if (chunk === undefined || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const css of chunk.css ?? []) found.add(css);
  for (const other of chunk.imports ?? []) filesOf(other, found);
  return found;
}

function bytesOf(files: Iterable<string>): number {
  let sum = 0;
  for (const file of files) sum += gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
  return sum;
}

test('the first load of any screen is within 200 KB, 170 of them scripts, and a dozen requests', () => {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const first = new Set(Array.from(page.matchAll(/"\.\/(assets\/[^"]+\.(?:js|css))"/g), ([, file = '']) => file));
  expect(first.size).toBeGreaterThan(2);
  const screens = Object.keys(chunks).filter((name) => /^screens\/.*-screen\.tsx$/.test(name));
  expect(screens.length).toBeGreaterThan(4);
  for (const screen of screens) {
    const all = new Set([...first, ...filesOf(screen)]);
    const scripts = [...all].filter((file) => file.endsWith('.js'));
    expect([screen, bytesOf(all) <= 200 * kilobyte, bytesOf(scripts) <= 170 * kilobyte]).toEqual([screen, true, true]);
    const rest = [...filesOf(screen)].filter((file) => !first.has(file));
    expect([screen, bytesOf(rest) <= 60 * kilobyte]).toEqual([screen, true]);
    expect(all.size + requestsBeside).toBeLessThanOrEqual(requestsMax);
  }
  expect(statSync(join(folder, 'index.html')).size).toBeLessThan(4 * kilobyte);
});

test.each(['/', '/deliveries', '/replays', '/webhooks/new'])(
  'a browser that opens %s first asks for a dozen things at most',
  async (path) => {
    const client = await createClient(stage.system);
    await createWebhook(stage.system, client, { url: 'http://127.0.0.1:9/none', eventTypes: ['none.such'] });
    const { page, requests, faults, close } = await openAs(stage, await portalToken(stage, client), path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    // Neither is a screen empty that asks for nothing, nor is anything asked for twice.
    expect(requests.filter((one) => one.startsWith('/v1/')).length).toBeGreaterThan(1);
    expect(requests).toEqual([...new Set(requests)]);
    expect(requests.length).toBeLessThanOrEqual(requestsMax);
    expect(faults).toEqual([]);
    await close();
  },
);

/** What a screen costs before it is there: bytes over the wire with gzip, by the manifest of the build. What a browser asks for is counted in accessibility.spec.ts. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from '@jest/globals';
import { portalStage } from '../support/portal-pages.ts';
import { repositoryRoot } from '../support/source-tree.ts';

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const folder = join(repositoryRoot, 'dist', 'portal');
const kilobyte = 1000;
const requestsMax = 12;
/** The page, its icon, who is signed in, and the three reads that a screen is left with at least. */
const requestsBeside = 6;

let chunks: Readonly<Record<string, Chunk>>;

beforeAll(async () => {
  // What runs is what was built.
  await portalStage();
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

/**
 * The package as somebody without a checkout has it: packed, unpacked in an empty folder, and run by every Node.js that is
 * here. Which ones those are depends on the machine: that of the system, that of this repository, and the one that .ci/run fetches.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { monotonicMs } from '../libs/runtime/monotonic.ts';
import { repositoryRoot } from '../test/support/source-tree.ts';

const run = promisify(execFile);
const oldest = 20;

/** One of each major version. */
function nodes(): readonly (readonly [version: string, path: string])[] {
  const fetched = join(repositoryRoot, '.cache', 'node-22', 'bin');
  const places = [fetched, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const paths = [process.execPath, ...places.map((place) => join(place, 'node')).filter(existsSync)];
  const found = new Map<string, string>();
  for (const path of paths) {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' })
      .trim()
      .replace(/^v(\d+)\..*/, '$1');
    if (Number(version) >= oldest && !found.has(version)) found.set(version, path);
  }
  return [...found];
}

let folder: string;
let bin: string;
let api: Server;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-package-'));
  const packed = [join(repositoryRoot, 'stack', 'cli-package.mjs'), join(folder, 'packed')];
  const { stdout } = await run(process.execPath, packed, { cwd: repositoryRoot });
  // As `npm install` lays it out, without asking a registry.
  await run('tar', ['-xzf', stdout.trim(), '-C', folder]);
  bin = join(folder, 'package', 'bin', 'deeperhub-webhooks.mjs');
  api = createServer((request, response) => {
    const data = request.url?.startsWith('/v1/search') === true ? [] : [{ id: 'acme', name: 'Acme' }];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data, nextCursor: null }));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
}, 180_000);

afterAll(() => {
  api.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function start(node: string, args: readonly string[]): Promise<Result> {
  const env = { DEEPERHUB_API_URL: url, DEEPERHUB_API_KEY: 'k', KAFKA_BROKERS: '127.0.0.1:1' };
  try {
    return { code: 0, ...(await run(node, [bin, ...args], { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as Result;
    return { code, stdout, stderr };
  }
}

test('the tarball has what it needs and no more', () => {
  const inside = join(folder, 'package');
  expect(readdirSync(inside).sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'node_modules', 'package.json']);
  expect(readdirSync(join(inside, 'node_modules'))).toEqual(['kafkajs']);
  const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };
  expect(JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8'))).toMatchObject({ version });
  expect(readFileSync(join(inside, 'dist', 'LICENSES.md'), 'utf8')).toContain('openapi-fetch');
});

const tried = nodes();
for (const version of ['20', '22', '24']) {
  if (!tried.some(([found]) => found === version))
    process.stdout.write(`not tried, because it is not on this machine: Node.js ${version}\n`);
}

describe.each(tried)('Node.js %s', (_, node) => {
  test('says its version and its help, and asks the API', async () => {
    expect(await start(node, ['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+/) });
    expect(await start(node, ['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('webhooks list') });
    const { code, stdout, stderr } = await start(node, ['clients', 'list']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Acme');
  });

  test('speaks with Kafka: one that is away is told, and nothing breaks', async () => {
    const topics = await start(node, ['topics']);
    expect([topics.code, topics.stderr]).toEqual([3, expect.stringContaining('Kafka at 127.0.0.1:1 does not answer')]);
    // Loads what reads records, and finds that nobody answers.
    const map = await start(node, ['map', '--topic', 'orders']);
    expect([map.code, map.stderr]).toEqual([3, expect.stringContaining('does not answer')]);
    const why = await start(node, ['why', 'evt-1', '--api-only']);
    expect([why.code, why.stderr]).toEqual([1, expect.stringContaining("'evt-1' was never seen")]);
    expect((await start(node, ['acls', 'fanout'])).stdout).toContain('kafka-acls.sh');
  });

  test('starts in a moment: hardly later than Node.js itself', async () => {
    const took = async (args: readonly string[]) => {
      const from = monotonicMs();
      await run(node, [...args], { cwd: folder });
      return monotonicMs() - from;
    };
    // Both of the same minute, the best of several: the machine has others to serve.
    const times = { itself: Number.POSITIVE_INFINITY, help: Number.POSITIVE_INFINITY };
    for (let round = 0; round < 4; round += 1) {
      times.itself = Math.min(times.itself, await took(['-e', '0']));
      times.help = Math.min(times.help, await took([bin, '--help']));
    }
    expect(times.help).toBeLessThan(12 * times.itself);
  });
});

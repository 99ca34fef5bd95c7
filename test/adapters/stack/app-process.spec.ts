import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AppProcess, type AppDeath } from '../../../stack/app-process.ts';
import { freePorts } from '../../../stack/ports.ts';
import { until } from '../../support/until.ts';

let folder: string;
let app: AppProcess;
let lines: string[];
let deaths: AppDeath[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'app-'));
  const [port = 0] = await freePorts(1);
  lines = [];
  deaths = [];
  app = new AppProcess({
    name: 'app',
    script: join(folder, 'main.mjs'),
    env: { PORT: String(port) },
    port,
    onLine: (line) => lines.push(line),
    onDeath: (death) => deaths.push(death),
  });
});

afterEach(async () => {
  await app.stop(2000);
  rmSync(folder, { recursive: true, force: true });
});

function write(script: string): void {
  writeFileSync(join(folder, 'main.mjs'), script);
}

const readyServer = `
import { createServer } from 'node:http';
createServer((_request, response) => response.end('{"status":"ready","checks":{}}')).listen(Number(process.env.PORT), '127.0.0.1');
console.log('up ' + process.pid);
`;

test('an app that dies is started again, and is ready again', async () => {
  write(readyServer);
  app.start();
  await app.untilReady(15_000);
  const before = app.pid;
  process.kill(before ?? 0, 'SIGKILL');
  await until(() => deaths.length === 1, { timeoutMs: 5000 });
  expect(deaths).toEqual([{ code: null, signal: 'SIGKILL', delayMs: 500, deaths: 1 }]);
  await app.untilReady(15_000);
  expect(app.pid).not.toBe(before);
  expect(lines.filter((line) => line.startsWith('up'))).toHaveLength(2);
});

test('an app whose configuration is wrong is not started again, its last line is kept', async () => {
  write(`console.log('DATABASE_URL is not set'); process.exitCode = 78;`);
  app.start();
  await until(() => deaths.length === 1, { timeoutMs: 10_000 });
  expect(deaths).toEqual([{ code: 78, signal: null, delayMs: null, deaths: 1 }]);
  expect(lines).toEqual(['DATABASE_URL is not set']);
  expect(await app.readiness()).toBe('it is not running');
});

test('an app that was killed on purpose stays away', async () => {
  write(readyServer);
  app.start();
  await app.untilReady(15_000);
  await app.kill('SIGKILL');
  expect(app.pid).toBeNull();
  expect(deaths).toEqual([]);
});

test('an app that does not stop is killed at the deadline', async () => {
  write(`process.on('SIGTERM', () => console.log('not now')); ${readyServer}`);
  app.start();
  await app.untilReady(15_000);
  await app.stop(300);
  expect(app.pid).toBeNull();
  expect(lines).toContain('not now');
});

test('readiness tells what is missing', async () => {
  write(
    readyServer.replace('response.end(', 'response.writeHead(503).end(').replace('{}', '{"kafka":"away","db":"ok"}'),
  );
  app.start();
  await until(async () => (await app.readiness()).includes('kafka'), { timeoutMs: 15_000 });
  expect(await app.readiness()).toBe('kafka: away');
});

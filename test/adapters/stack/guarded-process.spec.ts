import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startGuarded, type GuardedOptions, type GuardedProcess } from '../../../stack/embedded/guarded-process.ts';
import { isRunning } from '../../../stack/running.mjs';
import { freePorts } from '../../../stack/ports.ts';
import { repositoryRoot } from '../../../stack/repository.ts';
import { until } from '../../support/until.ts';

let folder: string;
let port: number;
let started: GuardedProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guarded-'));
  [port = 0] = await freePorts(1);
  started = [];
  writeFileSync(join(folder, 'server.mjs'), listeningServer);
});

afterEach(async () => {
  for (const server of started) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const listeningServer = `
import { createServer } from 'node:http';
createServer((_request, response) => response.end('here')).listen(Number(process.argv[2]), '127.0.0.1');
`;

function options(changes: Partial<GuardedOptions> = {}): GuardedOptions {
  const script = join(folder, 'server.mjs');
  return {
    name: 'the server',
    command: process.execPath,
    args: [script, String(port)],
    stopSignal: 'TERM',
    pidFile: join(folder, 'server.pid'),
    logFile: join(folder, 'server.log'),
    mark: script,
    ports: [port],
    isReady: answers,
    readyDeadlineMs: 15_000,
    ...changes,
  };
}

async function start(changes: Partial<GuardedOptions> = {}): Promise<GuardedProcess> {
  const server = await startGuarded(options(changes));
  started.push(server);
  return server;
}

function answers(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}`).then(
    () => true,
    () => false,
  );
}

const serverPid = () => Number(readFileSync(join(folder, 'server.pid'), 'utf8'));

test('a server answers once it is started, and is gone once it is stopped', async () => {
  const server = await start();
  const pid = serverPid();
  expect(await answers()).toBe(true);
  await server.stop();
  expect(isRunning(pid, folder)).toBe(false);
  expect(existsSync(join(folder, 'server.pid'))).toBe(false);
});

test('a server whose parent is killed ends by itself', async () => {
  const settings = JSON.stringify({ ...options(), isReady: undefined });
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { startGuarded } = await import(${JSON.stringify(join(repositoryRoot, 'stack/embedded/guarded-process.ts'))});
       const isReady = () => fetch('http://127.0.0.1:${port}').then(() => true, () => false);
       await startGuarded({ ...${settings}, isReady });
       process.kill(process.pid, 'SIGKILL');`,
    ],
    { stdio: 'inherit' },
  );
  const signal = await new Promise((resolve) =>
    parent.once('exit', (_code, by) => {
      resolve(by);
    }),
  );
  expect(signal).toBe('SIGKILL');
  await until(() => !existsSync(join(folder, 'server.pid')), { timeoutMs: 5000 });
  expect(await answers()).toBe(false);
});

test('a server whose guard is killed too is ended by the next start', async () => {
  await start();
  const orphan = serverPid();
  process.kill(guardOf(orphan), 'SIGKILL');
  expect(isRunning(orphan, folder)).toBe(true);
  await start();
  expect(isRunning(orphan, folder)).toBe(false);
  expect(serverPid()).not.toBe(orphan);
});

function guardOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

test('a process that merely has the pid of an earlier server is left alone', async () => {
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    writeFileSync(join(folder, 'server.pid'), String(stranger.pid));
    await start();
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  } finally {
    stranger.kill('SIGKILL');
    await new Promise((resolve) => stranger.once('exit', resolve));
  }
});

test('a server that cannot start is told of in one sentence with its own last words', async () => {
  writeFileSync(join(folder, 'server.mjs'), `console.log('ERROR: no space left'); process.exit(3);`);
  await expect(start()).rejects.toThrow(
    `the server ended by itself (ERROR: no space left): see ${join(folder, 'server.log')}.`,
  );
});

test('a server that dies later is reported, once', async () => {
  const deaths: string[] = [];
  await start({ onDeath: (sentence) => deaths.push(sentence) });
  process.kill(serverPid(), 'SIGKILL');
  await until(() => deaths.length > 0, { timeoutMs: 5000 });
  expect(deaths).toEqual([expect.stringContaining('the server ended by itself')]);
});

test('a port that somebody else holds is told before anything is started', async () => {
  const holder = createServer().listen(port, '127.0.0.1');
  try {
    await expect(start()).rejects.toThrow(`Port ${port}, which the server needs, is taken by`);
    expect(existsSync(join(folder, 'server.log'))).toBe(false);
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
});

test('an aborted start leaves nothing behind', async () => {
  const abort = new AbortController();
  writeFileSync(join(folder, 'server.mjs'), 'setInterval(() => {}, 1000)');
  const starting = start({ signal: abort.signal });
  await until(() => existsSync(join(folder, 'server.pid')), { timeoutMs: 5000 });
  const pid = serverPid();
  abort.abort();
  await expect(starting).rejects.toThrow('stopped before it was up');
  expect(isRunning(pid, folder)).toBe(false);
});

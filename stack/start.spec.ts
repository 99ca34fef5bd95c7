/** The door, in a folder where nothing is installed, with an npm that says that it was run and installs nothing. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const sources = import.meta.dirname;
const forever = 'process.stdout.write("up"); setInterval(() => undefined, 1000)';

let root: string;
let lockFile: string;
let others: ChildProcess[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'start-'));
  for (const name of readdirSync(sources).filter((file) => file.endsWith('.mjs'))) {
    cpSync(join(sources, name), join(root, 'stack', name));
  }
  writeFileSync(join(root, 'npm.js'), 'console.log("npm was run"); process.exit(7);');
  lockFile = join(root, '.data', 'run', 'install.pid');
  mkdirSync(join(root, '.data', 'run'), { recursive: true });
  others = [];
});
afterEach(async () => {
  for (const child of others) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  rmSync(root, { recursive: true });
});

/** A process that lives, with these words in its command line. */
async function another(...words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', forever, '--', ...words]);
  others.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

async function start() {
  const env = { PATH: process.env['PATH'], npm_execpath: join(root, 'npm.js') };
  const child = spawn(process.execPath, [join(root, 'stack', 'start.mjs'), 'doctor'], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  return said;
}

test('the dependencies are installed by one', async () => {
  const pid = await another(join(root, 'stack', 'start.mjs'));
  writeFileSync(lockFile, String(pid));
  const said = await start();
  expect(said).toContain(`Process ${pid} is installing`);
  expect(said).not.toContain('npm was run');
}, 60_000);

test('one that was killed, and whose pid another process has now, keeps nobody out', async () => {
  writeFileSync(lockFile, String(await another('something', 'else')));
  expect(await start()).toContain('npm was run');
  expect(existsSync(lockFile)).toBe(false);
}, 60_000);

test('nor does one whose pid is now that of the shell in between', async () => {
  const script = join(root, 'stack', 'start.mjs');
  // As npm does it: the shell has the name of the script in its own command line.
  const command = `echo $$ > '${lockFile}'; '${process.execPath}' '${script}' doctor; echo done`;
  const env = { PATH: process.env['PATH'], npm_execpath: join(root, 'npm.js') };
  const child = spawn('/bin/sh', ['-c', command], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  expect(said).toContain('npm was run');
}, 60_000);

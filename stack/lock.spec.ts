import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { takeLock } from './lock.mjs';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  file = join(folder, 'run', 'stack.pid');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('it is had by one, and then by the next', () => {
  const first = takeLock(file, () => true);
  if ('heldBy' in first) throw new Error('it is held');
  writeFileSync(file, '4242');
  expect(takeLock(file, () => true)).toEqual({ heldBy: 4242 });
  first.release();
  expect(existsSync(file)).toBe(true);
  expect(takeLock(file, () => false)).toHaveProperty('release');
  expect(readdirSync(join(folder, 'run'))).toEqual(['stack.pid']);
});

test.each(['', 'nonsense', '999999'])('what a dead one left behind (%j) keeps nobody out', (text) => {
  const first = takeLock(file, () => true);
  if ('heldBy' in first) throw new Error('it is held');
  writeFileSync(file, text);
  expect(takeLock(file, () => false)).toHaveProperty('release');
});

test('of eight that come at once behind a dead one, one gets it', async () => {
  const url = new URL('lock.mjs', import.meta.url).href;
  const script = `
    const { takeLock } = await import(${JSON.stringify(url)});
    const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
    await new Promise((resolve) => process.stdin.once('data', resolve));
    console.log('release' in takeLock(${JSON.stringify(file)}, alive) ? 'mine' : 'held');
    await new Promise((resolve) => process.stdin.once('end', resolve));
  `;
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  const before = takeLock(file, () => true);
  if ('heldBy' in before) throw new Error('it is held');
  writeFileSync(file, String(dead.pid));
  const children = Array.from({ length: 8 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]));
  const answers = children.map(async (child) => String((await once(child.stdout, 'data'))[0]).trim());
  for (const child of children) child.stdin.write('go\n');
  expect((await Promise.all(answers)).sort()).toEqual([...Array<string>(7).fill('held'), 'mine']);
  for (const child of children) child.stdin.end();
  await Promise.all(children.map((child) => once(child, 'exit')));
}, 60_000);

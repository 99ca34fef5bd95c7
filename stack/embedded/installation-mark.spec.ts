import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { requireOneInstallation } from './installation-mark.ts';

let folder: string;
let inside: string;
let outside: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'installation-'));
  inside = join(folder, '.data', 'postgres');
  outside = join(folder, 'outside');
  make();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function make(): void {
  for (const path of [inside, outside]) mkdirSync(path, { recursive: true });
}

/** As each start does; a first one makes the database behind it. */
function start(wasThere: boolean): void {
  requireOneInstallation({ inside, outside, wasThere, initialisedFile: 'initialised' });
  writeFileSync(join(outside, 'initialised'), '');
}

test('one installation starts again and again, also after a first start that came half way', () => {
  requireOneInstallation({ inside, outside, wasThere: false, initialisedFile: 'initialised' });
  start(true);
  start(true);
});

test('.data that was deleted is not put beside the database of another life', () => {
  start(false);
  rmSync(join(folder, '.data'), { recursive: true });
  make();
  expect(() => {
    start(false);
  }).toThrow(
    /data lies in .*outside.* belongs to a .*\.data that is not there any more.* Put that folder back, or .*rm -rf .*outside/,
  );
  expect(existsSync(inside)).toBe(false);
});

test('nor is that of another checkout', () => {
  start(false);
  writeFileSync(join(inside, 'installation'), 'another\n');
  expect(() => {
    start(true);
  }).toThrow(/lies in/);
});

test('a database that was deleted is not made anew behind topics that know it', () => {
  start(false);
  rmSync(outside, { recursive: true });
  make();
  expect(() => {
    start(true);
  }).toThrow(/lay in .*outside and is not there any more.* begin anew with 'rm -rf .*\.data'/);
});

test('what an earlier version made gets its marks', () => {
  writeFileSync(join(outside, 'initialised'), '');
  start(true);
  start(true);
  rmSync(join(folder, '.data'), { recursive: true });
  make();
  expect(() => {
    start(false);
  }).toThrow(/lies in/);
});

/** Every text of the portal has its Portuguese, and no Portuguese is left of a text that is gone. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';

/** Texts by their ids, which are made of them. */
type Texts = Readonly<Record<string, string>>;

let said: Texts;
let translated: Texts;

beforeAll(() => {
  // Its extractor loads what jest cannot.
  const { stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'collect-texts.mjs')], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  expect(stderr).toBe('');
  ({ said, translated } = JSON.parse(stdout) as { said: Texts; translated: Texts });
}, 60_000);

test('every text has its Portuguese', () => {
  expect(Object.keys(said).length).toBeGreaterThan(100);
  const missing = Object.entries(said).filter(([id]) => !(id in translated));
  expect(missing.map(([, text]) => text)).toEqual([]);
});

test('no Portuguese is left of a text that is gone', () => {
  const left = Object.entries(translated).filter(([id]) => !(id in said));
  expect(left.map(([, text]) => text)).toEqual([]);
});

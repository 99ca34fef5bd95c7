import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { mappingsIn } from './event-reading.ts';
import { toldOf } from './failure.ts';

const folder = mkdtempSync(join(tmpdir(), 'webhooks-mappings-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function linesOf(file: string): readonly string[] {
  try {
    mappingsIn(file);
    return [];
  } catch (error) {
    return toldOf(error).lines;
  }
}

test('each problem of a mapping file has a line of its own, as a terminal shows no line breaks of others', () => {
  const file = join(folder, 'wrong.yaml');
  writeFileSync(file, 'mappings:\n  - topic: a\n    type: ${vaule.x}\n    data: { jsonata: "$now(" }\n');
  expect(linesOf(file)).toEqual([
    `'${file}' is a file with problems:`,
    expect.stringMatching(/^line 3, mappings\[0\]\.type: /),
    expect.stringMatching(/^line 4, mappings\[0\]\.data: /),
  ]);
});

test('a file that is not there is named, and none is no file', () => {
  const file = join(folder, 'missing.yaml');
  expect(linesOf(file)).toEqual([`'${file}' is a file that cannot be read (ENOENT)`]);
  expect(mappingsIn('')).toEqual([]);
});

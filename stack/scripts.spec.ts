/**
 * Every script of package.json: what it runs is there and loads. Verbs of start.mjs are tried as they are built
 * (test/adapters/stack/verbs.spec.ts); scripts of ours are asked for their help here; of others the tool has to be installed.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../test/support/source-tree.ts';

const run = promisify(execFile);
const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
/** Each part of a script: `a && b` are two. Variables that are set before it are left out. */
const parts = Object.entries(scripts).flatMap(([name, text]) =>
  text.split(' && ').map((part) => [name, part.split(' ').filter((word) => !/^[A-Z_]+=/.test(word))] as const),
);
const verbOf = ([program, script, verb = '']: readonly string[]) =>
  program === 'node' && script === 'stack/start.mjs' ? verb : null;
/** It has no words of its own: npm runs it after an installation. */
const isInternal = (words: readonly string[]) => words[1] === 'stack/installed.mjs';

describe('scripts that are verbs', () => {
  const verbs = parts.flatMap(([name, words]) =>
    verbOf(words) === null ? [] : [[name, verbOf(words) ?? ''] as const],
  );

  test.each(verbs)('%s runs the verb %s, which is there', (_, verb) => {
    const places = [`stack/verbs/${verb}.ts`, `bench/${verb}.ts`].map((path) => join(repositoryRoot, path));
    expect(places.some((path) => existsSync(path))).toBe(true);
    expect(readFileSync(join(repositoryRoot, 'stack', 'start.mjs'), 'utf8')).toContain(`'${verb}'`);
  });
});

describe('scripts of ours', () => {
  const own = parts
    .filter(([, words]) => verbOf(words) === null && !isInternal(words) && words[0] === 'node')
    .filter(
      ([, words]) =>
        !(words.find((word) => !word.startsWith('-') && word !== 'node') ?? '').startsWith('node_modules/'),
    )
    .map(([name, words]) => [name, words[1] ?? ''] as const);

  test.each(own)('%s has --help, and does nothing else then', async (name, script) => {
    const { stdout, stderr } = await run(process.execPath, [join(repositoryRoot, script), '--help'], {
      cwd: repositoryRoot,
      env: { PATH: process.env['PATH'] },
    });
    expect(stdout).toContain(`npm run ${name}`);
    expect(stderr).toBe('');
  });
});

test.each(parts)('%s: %j is installed', (_, words) => {
  const [program = '', ...rest] = words;
  if (program === 'npm') {
    expect(scripts).toHaveProperty([rest.find((word) => word !== 'run' && !word.startsWith('-')) ?? '']);
    return;
  }
  const file = program === 'node' ? (rest.find((word) => !word.startsWith('-')) ?? '') : `node_modules/.bin/${program}`;
  expect([file, existsSync(join(repositoryRoot, file))]).toEqual([file, true]);
});

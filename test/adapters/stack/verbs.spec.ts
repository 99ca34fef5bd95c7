import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../stack/repository.ts';

const folder = join(repositoryRoot, 'stack', 'verbs');
const verbs = readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));

test.each(verbs)('%s, as it is built, says what it does', (verb) => {
  const script = join(repositoryRoot, 'dist', 'stack', 'verbs', `${verb}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--help'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain(verb);
});

test('a configuration that nothing could run with ends every verb that reads it with status 78, before it asks anybody', () => {
  const script = join(repositoryRoot, 'dist', 'stack', 'verbs', 'start.js');
  const wrong = { LOG_LEVEL: 'loud', ALLOWED_PORTS: 'http', DATABASE_URL: 'postgresql://u:p@ss/w@h/d' };
  const { status, stderr } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    env: { ...process.env, ...wrong },
  });
  expect(status).toBe(78);
  for (const key of Object.keys(wrong)) expect(stderr).toContain(`${key} must`);
  expect(stderr).not.toContain('ss/w');
});

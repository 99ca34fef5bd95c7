import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Given } from './command.ts';
import { readSettings } from './settings.ts';

let root: string;
let keyFile: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cli-settings-'));
  mkdirSync(join(root, '.data'));
  writeFileSync(join(root, '.data', 'admin-api-key'), 'local-key\n');
  keyFile = join(root, 'key');
  writeFileSync(keyFile, 'file-key\n');
});

afterAll(() => {
  rmSync(root, { recursive: true });
});

const read = (options: Record<string, string>, env: Record<string, string> = {}, folder = root) =>
  readSettings(new Given(options), env, folder);

describe('the address', () => {
  test.each([
    [{}, {}, 'http://127.0.0.1:3000'],
    [{}, { DEEPERHUB_API_URL: 'https://api.example.com/' }, 'https://api.example.com'],
    [{ 'api-url': 'http://a:1' }, { DEEPERHUB_API_URL: 'https://b' }, 'http://a:1'],
  ])('of %j and %j is %s', (options, env, url) => {
    expect(read(options, env).apiUrl).toBe(url);
  });

  test.each(['nonsense', 'ftp://a', 'http://user:hunter2@a', 'http://a/?key=hunter2'])(
    '%s is refused, unseen',
    (url) => {
      expect(() => read({ 'api-url': url })).toThrow(/address of the API/);
      expect(() => read({ 'api-url': url })).not.toThrow(/hunter2/);
    },
  );
});

describe('the key', () => {
  test('comes from the option, the environment, or the system on this machine', () => {
    expect(read({}).key()).toBe('local-key');
    expect(read({}, { DEEPERHUB_API_KEY: 'env-key' }).key()).toBe('env-key');
    expect(read({}, { DEEPERHUB_API_KEY_FILE: keyFile }).key()).toBe('file-key');
    expect(read({ 'key-file': keyFile }, { DEEPERHUB_API_KEY: 'env-key' }).key()).toBe('file-key');
    expect(read({ 'key-file': keyFile, 'api-key': 'word-key' }).key()).toBe('word-key');
  });

  test('of this machine goes to no other', () => {
    expect(() => read({ 'api-url': 'https://api.example.com' }).key()).toThrow(/There is no API key/);
    expect(read({ 'api-url': 'http://localhost:3000' }).key()).toBe('local-key');
  });

  test.each([
    [{ 'key-file': '/no/such/file' }, {}, /cannot be read/],
    [{}, { DEEPERHUB_API_KEY: '' }, /no API key in DEEPERHUB_API_KEY/],
    [{}, { DEEPERHUB_API_KEY: 'two words' }, /no API key in DEEPERHUB_API_KEY/],
  ])('%j and %j is refused, unseen', (options, env, reason) => {
    expect(() => read(options as Record<string, string>, env as Record<string, string>).key()).toThrow(reason);
    expect(() => read(options as Record<string, string>, env as Record<string, string>).key()).not.toThrow(/two words/);
  });

  test('is missed with the way out', () => {
    expect(() => read({}, {}, '/no/such/root').key()).toThrow(/DEEPERHUB_API_KEY.*npm start/);
  });
});

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { cacheFolder } from '../repository.ts';
import { cached, downloadProgress } from './maven.ts';

const name = `spec-${process.pid}`;

afterEach(() => {
  rmSync(join(cacheFolder, name), { recursive: true, force: true });
});

test('three who want the same files at the same moment wait for one download', async () => {
  let downloads = 0;
  const download = async (folder: string) => {
    downloads += 1;
    await Promise.resolve();
    writeFileSync(join(folder, 'jar'), '');
  };
  const ask = () => cached(name, () => undefined, download);
  const folders = await Promise.all([ask(), ask(), ask()]);
  expect(downloads).toBe(1);
  expect(new Set(folders)).toEqual(new Set([join(cacheFolder, name)]));
  expect(existsSync(join(cacheFolder, name, 'jar'))).toBe(true);
});

test('a download that fails leaves nothing, and the next one begins anew', async () => {
  const failing = () => Promise.reject(new Error('no network'));
  await expect(cached(name, () => undefined, failing)).rejects.toThrow('no network');
  expect(readdirSync(cacheFolder).filter((entry) => entry.startsWith(name))).toEqual([]);
  await cached(
    name,
    () => undefined,
    () => Promise.resolve(),
  );
  expect(existsSync(join(cacheFolder, name))).toBe(true);
});

test.each([
  ['Progress (1): 4.1/109 MB', '4.1/109 MB'],
  ['Progress (2): 50 kB   ', '50 kB'],
  [
    'Downloading from central: https://repo.example/maven2/org/apache/kafka/kafka_2.13/4.4.0/kafka_2.13-4.4.0.jar',
    'kafka_2.13-4.4.0.jar',
  ],
  ['[INFO] BUILD SUCCESS', null],
  ['', null],
])('%p tells %p', (line, told) => {
  expect(downloadProgress(line)).toBe(told);
});

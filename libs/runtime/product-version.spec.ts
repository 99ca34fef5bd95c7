import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { productVersion } from './product-version.ts';

test('what runs tells the version of its package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(productVersion).toBe(version);
});

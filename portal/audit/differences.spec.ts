import { expect, test } from '@jest/globals';
import { differences } from './differences.ts';

test('a change of some fields', () => {
  const before = { url: 'https://a/', retryPolicy: { maxAttempts: 6, factor: 2 }, headers: { x: '1' }, version: 3 };
  const after = { url: 'https://b/', retryPolicy: { maxAttempts: 3, factor: 2 }, headers: {}, version: 4 };
  expect(differences(before, after)).toEqual([
    { path: 'url', before: 'https://a/', after: 'https://b/' },
    { path: 'retryPolicy.maxAttempts', before: 6, after: 3 },
    { path: 'headers.x', before: '1', after: undefined },
  ]);
});

test('a creation and a deletion', () => {
  expect(differences(null, { url: 'x' })).toEqual([{ path: 'url', before: undefined, after: 'x' }]);
  expect(differences({ url: 'x' }, null)).toEqual([{ path: 'url', before: 'x', after: undefined }]);
  expect(differences(null, null)).toEqual([]);
});
